//! A DynamoDB client without a network: requests go to a function of this process. The local runner and the tests use
//! it to put an embedded database behind the very client that production uses.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

pub use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// What stands in front of an operation's name in `x-amz-target`.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// The status and the JSON body of an answer, to come.
type Answering = Pin<Box<dyn Future<Output = (u16, Vec<u8>)> + Send>>;

/// Answers an operation (`PutItem`, `Query`, …) and its JSON body.
type Answer = dyn Fn(String, Vec<u8>) -> Answering + Send + Sync;

/// A client whose every request is answered by `answer`.
///
/// `answer` gets the operation's name and the JSON body of the request, and gives the HTTP status and the JSON body of
/// the answer; an error's body bears `__type`, as DynamoDB's does. Credentials and region are made up: nothing leaves
/// the process. Errors that the SDK counts as transient are retried as in production.
pub fn client<F, A>(answer: F) -> Client
where
    F: Fn(String, Vec<u8>) -> A + Send + Sync + 'static,
    A: Future<Output = (u16, Vec<u8>)> + Send + 'static,
{
    let answer = move |operation, body| -> Answering { Box::pin(answer(operation, body)) };
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("in-process", "in-process", None, None, "in-process"))
        .endpoint_url("http://in-process.invalid")
        .http_client(InProcess(SharedHttpConnector::new(Connector(Arc::new(answer)))))
        .build();
    Client::from_conf(config)
}

/// Gives every request the same connector.
#[derive(Debug)]
struct InProcess(SharedHttpConnector);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

/// Takes a request apart, has it answered, and puts the answer together.
struct Connector(Arc<Answer>);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move { respond(&*answer, &request).await })
    }
}

async fn respond(answer: &Answer, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.strip_prefix(TARGET_PREFIX));
    let operation = target.ok_or_else(|| ConnectorError::user("not a DynamoDB operation".into()))?;
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("a body in pieces".into()))?;
    let (status, body) = answer(operation.to_owned(), body.to_vec()).await;
    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
