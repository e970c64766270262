//! Taking connections: where, how many, and until when.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::StopSignal;
use super::connection::serve_connection;
use crate::ending::CommandError;

/// Most connections at a time; more wait in the kernel's queue.
const CONNECTIONS: usize = 256;
/// How long requests in flight may go on once no more connections are taken.
const IN_FLIGHT: Duration = Duration::from_secs(10);
/// How long nothing is accepted after the machine had no file or memory left for it.
const AFTER_TROUBLE: Duration = Duration::from_millis(200);

/// A bound port.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes the port; nobody is served before [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// The address can be reached by others and that is not allowed, or it cannot be had.
    pub async fn bind(address: SocketAddr, allow_remote: bool) -> Result<Self, CommandError> {
        if !address.ip().to_canonical().is_loopback() && !allow_remote {
            return Err(CommandError::Unusable(format!(
                "--listen {address} can be reached from other machines, and plain http shows everybody on the way the token; \
                 listen on 127.0.0.1, or put something that speaks TLS in front and add --allow-remote"
            )));
        }
        let unusable = |error: std::io::Error| match error.kind() {
            ErrorKind::AddrInUse => CommandError::Unusable(format!(
                "{address} is in use by another process; end that, or choose another address with --listen"
            )),
            _ => CommandError::Unusable(format!("nothing can listen on {address}: {error}")),
        };
        let tcp = TcpListener::bind(address).await.map_err(unusable)?;
        let address = tcp.local_addr().map_err(unusable)?;
        Ok(Self { tcp, address })
    }

    /// Where it listens, with the port that was found where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is asked to stop, and then what is in flight.
    pub async fn serve(self, router: Router, stop: &StopSignal) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        while let Some(slot) = stop.before(Arc::clone(&slots).acquire_owned()).await {
            let Some(accepted) = stop.before(self.tcp.accept()).await else { break };
            match accepted {
                Ok((stream, _)) => {
                    // Only speed is at stake.
                    stream.set_nodelay(true).ok();
                    let (router, stop) = (router.clone(), stop.clone());
                    connections.spawn(async move {
                        serve_connection(stream, router, &stop).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(AFTER_TROUBLE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
        drop(self.tcp);
        let rest = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(IN_FLIGHT, rest).await.is_err() {
            tracing::warn!("requests in flight did not end in time");
            connections.shutdown().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_others_can_reach_is_refused_unless_it_is_allowed() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:0.0.0.0]:0"] {
            let error = Listener::bind(address.parse().unwrap(), false).await.expect_err(address);
            assert_eq!(error.code(), 2);
            assert!(error.to_string().contains("--allow-remote"), "{error}");
        }
        assert!(Listener::bind("0.0.0.0:0".parse().unwrap(), true).await.is_ok());
    }

    #[tokio::test]
    async fn port_0_is_any_that_is_free() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        assert_ne!(listener.address().port(), 0);
    }
}
