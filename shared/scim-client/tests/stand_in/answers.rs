//! Answers, and what keeps them from coming, sorted by what the caller does.

use std::sync::Arc;
use std::time::Duration;

use provisioning::application::{Connection, SecretName};
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{Capabilities, Exchange, Kind, TargetError};
use scim_client::{AddressPolicy, HttpConnector};
use testkit::{Fault, Quirks};

use crate::example::*;

async fn refused(target: &Arc<dyn Target>) -> TargetError {
    target.write(&create_user("ada")).await.result.expect_err("a failure")
}

#[tokio::test]
async fn a_wrong_token_and_one_that_may_only_read_are_told_apart() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    stand_in.set_token("another");
    assert!(matches!(refused(&target).await, TargetError::Unauthorized(_)));
    stand_in.clear_faults();
    stand_in.fail(Fault::always().method("WRITE").status(403));
    assert!(matches!(target.control().await.result, Err(TargetError::Unauthorized(_))));
}

#[tokio::test]
async fn throttling_says_how_long() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    for (status, header, wait) in [(429, Some("7"), 7), (429, None, 30), (503, Some("3"), 3)] {
        let fault = Fault::next(1).status(status);
        stand_in.fail(header.map_or(fault.clone(), |seconds| fault.header("Retry-After", seconds)));
        assert_eq!(refused(&target).await, TargetError::Throttled(Duration::from_secs(wait)));
    }
    stand_in.fail(Fault::next(1).status(503));
    assert!(matches!(refused(&target).await, TargetError::Failed(_)));
}

#[tokio::test]
async fn a_web_page_is_no_success() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    stand_in.fail(Fault::always().web_page());
    let error = refused(&target).await;
    assert!(matches!(&error, TargetError::Unknown(why) if why.contains("web page")), "{error}");
    let id = RemoteId::new("u-000001").expect("an id");
    let off = provisioning::target::Write::Delete { kind: Kind::User, remote_id: id };
    assert!(matches!(target.write(&off).await.result, Err(TargetError::Unknown(_))));
    assert!(matches!(target.control().await.result, Err(TargetError::Unknown(_))));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write_unknown_though_it_took_effect() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    stand_in.fail(Fault::next(1).method("POST").after_applying().cut());
    let Exchange { requests, result } = target.write(&create_user("ada")).await;
    let error = result.expect_err("a lost answer");
    assert!(matches!(&error, TargetError::Unknown(why) if why.contains("cut")), "{error}");
    assert_eq!((requests.len(), requests[0].status), (1, None));
    assert!(stand_in.user("ada").is_some());
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_unknown() {
    let stand_in = stand_in(Quirks::default()).await;
    let connector =
        HttpConnector::new(AddressPolicy::AllowLocal).with_request_timeout(Duration::from_millis(100));
    let target = connector.open(&connection(&stand_in, Capabilities::default()), &stand_in.token());
    stand_in.set_latency(Duration::from_secs(5));
    let error = refused(&target).await;
    assert!(matches!(&error, TargetError::Unknown(why) if why.contains("no answer within 0.1 s")), "{error}");
    assert_eq!(stand_in.request_count(), 1);
}

#[tokio::test]
async fn nobody_listening_is_said_so() {
    let connection = Connection {
        lifetime: provisioning::application::Lifetime::default(),
        base_url: "http://127.0.0.1:9/scim".parse().expect("a URL"),
        secret: SecretName("unused".into()),
        capabilities: Capabilities::default(),
    };
    let target = connector().open(&connection, &"token".to_owned().into());
    let error = target.control().await.result.expect_err("nobody");
    assert_eq!(error, TargetError::Unknown("cannot connect to 127.0.0.1: connection refused".into()));
}

#[tokio::test]
async fn an_inner_address_is_refused_before_anything_is_sent() {
    let stand_in = stand_in(Quirks::default()).await;
    for url in [stand_in.base_url().as_str(), "https://127.0.0.1:1/scim", "https://localhost:1/scim"] {
        let connection = Connection {
            lifetime: provisioning::application::Lifetime::default(),
            base_url: url.parse().expect("a URL"),
            secret: SecretName("unused".into()),
            capabilities: Capabilities::default(),
        };
        let target = HttpConnector::new(AddressPolicy::PublicOnly).open(&connection, &stand_in.token());
        let error = target.control().await.result.expect_err("refused");
        assert!(matches!(error, TargetError::Refused(_)), "{url}: {error}");
    }
    assert_eq!(stand_in.request_count(), 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    stand_in.fail(Fault::always().status(302).header("Location", "http://127.0.0.1:9/steal"));
    assert!(matches!(refused(&target).await, TargetError::Rejected(why) if why.contains("redirect")));
}

#[tokio::test]
async fn the_token_is_never_told() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let echo = r#"{"detail": "the header was Bearer stand-in-token"}"#;
    for status in [400, 401, 403, 404, 409, 500] {
        stand_in.fail(Fault::next(1).status(status).body(echo));
        let error = refused(&target).await;
        assert!(!format!("{error} {error:?}").contains("stand-in-token"), "{error}");
    }
}

#[tokio::test]
async fn a_conflict_is_one_whatever_its_status() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    made(&*target, &create_user("ada")).await;
    let error = target.write(&create_user("ADA")).await.result.expect_err("taken");
    assert!(matches!(&error, TargetError::Conflict(why) if why.contains("is taken")), "{error}");
}

#[tokio::test]
async fn a_missing_resource_is_not_found() {
    let stand_in = stand_in(Quirks::default()).await;
    let id = RemoteId::new("no/such?id").expect("an id");
    let exchange = target(&stand_in).get(Kind::User, &id).await;
    assert!(matches!(exchange.result, Err(TargetError::NotFound(_))));
    assert_eq!(exchange.requests[0].path, "/Users/no%2Fsuch%3Fid");
}

#[tokio::test]
async fn an_error_that_is_answered_with_200_is_no_success() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let error = |status: &str| {
        let schema = "urn:ietf:params:scim:api:messages:2.0:Error";
        format!(r#"{{"schemas": ["{schema}"], "detail": "no", "status": {status}}}"#)
    };
    let id = RemoteId::new("u-000001").expect("an id");
    let off = provisioning::target::Write::Delete { kind: Kind::User, remote_id: id };
    for (status, is) in [("\"403\"", "403"), ("404", "404"), ("\"200\"", "500"), ("null", "500")] {
        stand_in.clear_faults();
        stand_in.fail(Fault::always().status(200).body(&error(status)));
        let refused = target.write(&off).await.result.expect_err("a failure").to_string();
        assert!(refused.contains(&format!("was answered {is}")), "{status}: {refused}");
        assert!(target.control().await.result.is_err());
    }
}
