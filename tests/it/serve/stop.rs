use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use testkit::{Fault, StandIn, StandInConfig};

use crate::api::served::{Answer, Served};
use crate::real_time::now;

/// A service that is asked to stop by these signals while a call of it is under way that takes so long.
async fn stopped_under_way(signals: &[&str], call: Duration) -> (Option<Answer>, i32, Duration) {
    let target = StandIn::start(StandInConfig::default()).await.unwrap();
    let served = Served::start();
    let new = json!({"catalog_key": "generic-saml", "name": "CRM"});
    let application = served.post("/v1/applications", new).await["id"].as_str().unwrap().to_owned();
    // The first request of a connection reads the target.
    target.fail(Fault::next(1).late(call));
    let under_way = async {
        let connect = std::panic::AssertUnwindSafe(served.connect(&application, &target));
        futures::FutureExt::catch_unwind(connect).await.ok()
    };
    let signal = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        for name in signals {
            served.signal(name);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        now()
    };
    let (answer, asked) = tokio::join!(under_way, signal);
    let (status, ..) = served.ended();
    let code = status.code().expect("it ended by itself");
    (answer, code, asked.elapsed())
}

#[tokio::test]
async fn it_answers_what_is_under_way_and_ends_with_0() {
    for signal in ["TERM", "INT"] {
        let (answer, code, _) = stopped_under_way(&[signal], Duration::from_secs(3)).await;
        assert_eq!((answer.expect("an answer").status, code), (200, 0), "{signal}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let (answer, code, took) = stopped_under_way(&["TERM", "TERM"], Duration::from_secs(9)).await;
    assert_eq!((answer.is_none(), code), (true, 128 + 15));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_connection_that_is_kept_open_keeps_nothing_from_ending() {
    let served = Served::start();
    served.get("/v1/users").await;
    let asked = now();
    served.signal("TERM");
    let (status, folder, _) = served.ended();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let again = Served::start_in(folder, Stdio::inherit(), &[]);
    assert_eq!(again.raw("GET", "/v1/users", None, None).await.status, 200);
}

#[tokio::test]
async fn the_log_tells_of_each_request_and_of_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start_in(folder, Stdio::piped(), &[("RUST_LOG", "info"), ("NO_COLOR", "1")]);
    let token = served.token().to_owned();
    served.raw("GET", "/v1/users?q=canary-query", None, None).await;
    let body = Some(("application/json", br#"{"username": "canary-body"}"#.to_vec()));
    served.raw("POST", "/v1/users", None, body).await;
    served.raw("GET", "/v1/canary-path", None, None).await;
    served.signal("TERM");
    let (_, _, log) = served.ended();
    for line in [
        r#"method="GET" route="/v1/users" status=200"#,
        r#"method="POST" route="/v1/users" status=201"#,
        r#"caller="local administrator""#,
        r#"method="GET" route="none" status=404"#,
    ] {
        assert!(log.contains(line), "{line} is not in:\n{log}");
    }
    assert!(!log.contains("canary") && !log.contains(&token), "{log}");
}
