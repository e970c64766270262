//! A server that writes down what arrives, and answers as a target that holds a user `7` and a group `9` would.

use std::sync::{Arc, Mutex};

use provisioning::application::{Connection, SecretName};
use provisioning::ports::Connector;
use provisioning::target::Capabilities;
use scim_client::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cases::{Act, Case};

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub content_type: Option<String>,
    pub if_match: Option<String>,
    pub body: Option<Value>,
}

/// What the client sends for a case, whose act must succeed.
pub async fn record(connector: &HttpConnector, case: &Case) -> Vec<Sent> {
    let (sent, is_done) = attempt(connector, case, &case.capabilities).await;
    assert!(is_done, "{}", case.name);
    sent
}

/// What the client sends for the act of a case to a target of other capabilities, and whether it succeeds.
pub async fn attempt(
    connector: &HttpConnector,
    case: &Case,
    capabilities: &Capabilities,
) -> (Vec<Sent>, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let sent = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&sent);
    let instead = Mutex::new(case.instead.to_vec());
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer(stream, &record, &instead).await;
        }
    });
    let connection = Connection {
        lifetime: provisioning::application::Lifetime::default(),
        base_url: format!("http://{address}").parse().expect("a URL"),
        secret: SecretName("unused".into()),
        capabilities: capabilities.clone(),
    };
    let target = connector.open(&connection, &"token".to_owned().into());
    let is_done = match &case.act {
        Act::Write(write) => target.write(write).await.result.is_ok(),
        Act::Find(kind, key) => target.find(*kind, key).await.result.is_ok(),
        Act::Get(kind, id) => target.get(*kind, id).await.result.is_ok(),
        Act::List(kind) => target.list(*kind, 1).await.result.is_ok(),
        Act::Discover => connector.discover(&connection, &"token".to_owned().into()).await.result.is_ok(),
        Act::Control => target.control().await.result.is_ok(),
    };
    server.abort();
    (std::mem::take(&mut *sent.lock().expect("the record")), is_done)
}

/// Method, start of the path, status and body of answers that are given once.
type Instead = Mutex<Vec<(&'static str, &'static str, &'static str, &'static str)>>;

async fn answer(mut stream: TcpStream, record: &Mutex<Vec<Sent>>, instead: &Instead) {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if stream.read_buf(&mut bytes).await.expect("a request") == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            break (
                head.to_owned(),
                header(head, "content-length").and_then(|n| n.parse().ok()).unwrap_or(0),
            );
        }
    };
    let starts = head.len() + 4;
    while bytes.len() < starts + length {
        assert!(stream.read_buf(&mut bytes).await.expect("a body") > 0, "the body is cut off");
    }
    let mut line = head.split_whitespace();
    let (method, path) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let given = {
        let mut instead = instead.lock().expect("the answers");
        let at = instead.iter().position(|(of, start, ..)| *of == method && path.starts_with(*start));
        at.map(|at| instead.remove(at))
    };
    let (status, body) = match given {
        Some((_, _, status, body)) => (status, body.to_owned()),
        None => reply(method, path),
    };
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    record.lock().expect("the record").push(Sent {
        method: method.to_owned(),
        path: path.to_owned(),
        content_type: header(&head, "content-type"),
        if_match: header(&head, "if-match"),
        body: serde_json::from_slice(&bytes[starts..]).ok(),
    });
    stream.write_all(answer.as_bytes()).await.expect("an answer");
}

fn header(head: &str, name: &str) -> Option<String> {
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
}

fn reply(method: &str, path: &str) -> (&'static str, String) {
    let user = json!({"id": "7", "schemas": [scim::USER_SCHEMA], "userName": "ada", "title": "Engineer"});
    let group = json!({"id": "9", "schemas": [scim::GROUP_SCHEMA], "displayName": "Crew",
        "members": [{"value": "7"}, {"value": "8"}]});
    let made = json!({"id": "9", "displayName": "Crew", "members": [{"value": "7"}]});
    match (method, path) {
        ("GET", "/Users/7") | ("POST", "/Users") => ("200 OK", user.to_string()),
        ("GET", "/Groups/9") => ("200 OK", group.to_string()),
        ("POST", "/Groups") => ("201 Created", made.to_string()),
        ("GET", "/Users?cursor&count=200") => {
            ("200 OK", json!({"Resources": [user], "nextCursor": "two"}).to_string())
        }
        ("GET", "/Groups?cursor&count=200&excludedAttributes=members") => {
            ("200 OK", json!({"Resources": [group], "nextCursor": "two"}).to_string())
        }
        ("GET", path) if path.contains("cursor=two") => ("200 OK", json!({"Resources": []}).to_string()),
        ("GET", path) if path.starts_with("/Users") => {
            ("200 OK", json!({"totalResults": 1, "Resources": [user]}).to_string())
        }
        ("GET", _) => ("200 OK", json!({"totalResults": 1, "Resources": [group]}).to_string()),
        _ => ("204 No Content", String::new()),
    }
}
