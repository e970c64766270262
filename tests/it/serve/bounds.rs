use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::api::served::Served;
use crate::real_time::now;

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.origin().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    stream
}

/// What comes back of it until the connection ends.
fn answer(mut stream: TcpStream, sent: &str) -> String {
    stream.write_all(sent.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok();
    answer
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_so_and_not_just_cut_off() {
    let served = Served::start();
    for size in [4_000_001, 10_000_001, 20_000_000].repeat(3) {
        let body = Some(("application/json", vec![b' '; size]));
        let answer = served.raw("POST", "/v1/users", None, body).await;
        assert_eq!((answer.status, &answer.json["type"]), (413, &json!("/problems/too-large")), "{size}");
    }
}

#[test]
fn heads_are_bounded_in_size_and_number() {
    let served = Served::start();
    let head = |headers: &str| {
        format!("GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n")
    };
    assert!(answer(connect(&served), &head("")).starts_with("HTTP/1.1 200"));
    let many: String = (0..100).map(|n| format!("x-{n}: 1\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(20_000));
    for headers in [many, large] {
        let told = answer(connect(&served), &head(&headers));
        assert!(told.starts_with("HTTP/1.1 431"), "{told}");
    }
}

/// Each of them holds a connection no longer than it takes to see that nothing comes.
#[test]
fn who_sends_slowly_holds_nothing_for_ever() {
    let served = Served::start();
    let began = now();
    let authorization = format!("authorization: Bearer {}\r\n", served.token());
    let slow_body = format!(
        "POST /v1/users HTTP/1.1\r\nhost: x\r\n{authorization}content-type: application/json\r\ncontent-length: 9\r\n\r\n{{"
    );
    let requests = ["", "GET /v1/users HTTP/1.1\r\nhost:", &slow_body];
    std::thread::scope(|scope| {
        let answers: Vec<_> = requests
            .iter()
            .map(|request| {
                let stream = connect(&served);
                scope.spawn(move || answer(stream, request))
            })
            .collect();
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.join().unwrap()).collect();
        assert!(answers[2].starts_with("HTTP/1.1 503"), "{answers:?}");
    });
    assert!(began.elapsed() < Duration::from_secs(35), "{:?}", began.elapsed());
}
