//! One connection: HTTP/1.1 with bounds on what is sent, how slowly, and for how long.

use std::future::poll_fn;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::StopSignal;

/// How long the head of a request may take; also how long a connection may stay unused.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Most bytes of a request's head; API Gateway takes 10 KB of headers.
const HEAD: usize = 16 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;
/// After this time a connection ends with the request under way: who reads his answers too slowly holds nothing for ever.
const AGE: Duration = Duration::from_secs(300);
/// How long that last request may take, a little more than any request may.
const LAST_REQUEST: Duration = Duration::from_secs(35);
/// What is read and thrown away of a body that nobody wanted, so that its sender comes to read the answer.
const DISCARDED: usize = 32 * 1024 * 1024;
/// And for how long at most; who is quiet for so long sends nothing more.
const DISCARDING: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(300);

/// Serves one connection to its end.
pub(super) async fn serve_connection(stream: TcpStream, router: Router, stop: &StopSignal) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD).max_headers(HEADERS);
    let mut connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Trouble on a connection is its other end's.
    tokio::select! {
        _ = poll_fn(|context| connection.poll_without_shutdown(context)) => {}
        () = stop.asked_or_after(AGE) => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            let last = poll_fn(|context| connection.poll_without_shutdown(context));
            if tokio::time::timeout(LAST_REQUEST, last).await.is_err() {
                return;
            }
        }
    }
    linger(connection.into_parts().io.into_inner()).await;
}

/// Closes a connection so that its other end receives the whole answer: closed with bytes unread, TCP would reset it.
async fn linger(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let discard = async {
        let mut unwanted = vec![0; HEAD];
        let mut left = DISCARDED;
        while let Ok(Ok(read)) = tokio::time::timeout(QUIET, stream.read(&mut unwanted)).await
            && read > 0
            && left > read
        {
            left -= read;
        }
    };
    tokio::time::timeout(DISCARDING, discard).await.ok();
}
