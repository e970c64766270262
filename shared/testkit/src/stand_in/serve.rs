//! From HTTP to the endpoints and back: authentication, faults, latency and the log.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, Request, State as Shelf};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use provisioning::target::Kind;
use serde_json::Value;

use super::fault::FaultAnswer;
use super::quirks::Quirks;
use super::reply::Reply;
use super::shown::dressed;
use super::store::{Store, name_attribute};
use super::{LoggedRequest, Shared, StandInConfig, State, documents, endpoints, query};

const BASE_PATH: &str = "/scim/v2";
const LARGEST_BODY: usize = 16 * 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(Shelf(shared): Shelf<Arc<Shared>>, request: Request) -> Response {
    let at = shared.started.elapsed();
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let shown = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let path = shown.strip_prefix(BASE_PATH).unwrap_or(shown).to_owned();
    let (response, wait) = {
        let mut state = shared.state();
        // Read under the lock, so that they are in order.
        let limit = state.config.rate_limit;
        let admitted = state.arrivals.admit(shared.started.elapsed(), limit);
        let fault = if admitted {
            state.take_fault(head.method.as_str(), &path, body.as_ref())
        } else {
            Some((false, too_many_requests()))
        };
        let applied = fault.as_ref().is_none_or(|(applied, _)| *applied);
        let quirks = state.config.quirks;
        let call = Call { method: &head.method, uri: &head.uri, headers: &head.headers, body: body.as_ref() };
        let reply = applied.then(|| state.reply(call));
        let delay = match &fault {
            Some((_, FaultAnswer::Late(delay))) => *delay,
            _ => Duration::ZERO,
        };
        let took = reply.as_ref().map_or(Duration::ZERO, |reply| reply.took);
        let (status, response) = respond(fault.map(|(_, answer)| answer), reply, quirks);
        // Before the wait: a client that does not wait for its answer was here all the same.
        state.log.push(LoggedRequest { method: head.method.as_str().to_owned(), path, body, status, at });
        (response, state.config.latency + delay + took)
    };
    if wait > Duration::ZERO {
        tokio::time::sleep(wait).await;
    }
    response
}

impl State {
    /// The first fault that this request meets: whether the request takes effect, and what is answered.
    fn take_fault(&mut self, method: &str, path: &str, body: Option<&Value>) -> Option<(bool, FaultAnswer)> {
        if self.faults.is_empty() {
            return None;
        }
        let name = target_of(path).and_then(|(kind, id)| {
            let row = self.store.row_of(kind, id?)?;
            self.store.resource(kind, row)?.text(name_attribute(kind))
        });
        let mut met = None;
        for (number, fault) in self.faults.iter_mut().enumerate() {
            if fault.matches(method, path, body, name) {
                match fault.passing.checked_sub(1) {
                    Some(passing) => fault.passing = passing,
                    None if met.is_none() => met = Some(number),
                    None => {}
                }
            }
        }
        let fault = &mut self.faults[met?];
        fault.left -= 1;
        Some((fault.applied, fault.answer.clone()))
    }
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: Option<&'a Value>,
}

/// What a target of these quirks answers to a request, and does.
pub(super) fn carry_out(store: &mut Store, config: &StandInConfig, quirks: Quirks, call: Call<'_>) -> Reply {
    let path = call.uri.path().strip_prefix(BASE_PATH).unwrap_or_default();
    // What is slow is slow by what is there before it.
    let took = time_taken(store, quirks, call, path);
    let reply = Reply { took, ..undressed(store, config, quirks, call, path) };
    match target_of(path) {
        Some(_) => dressed(reply, *call.method != Method::GET, quirks),
        None => reply,
    }
}

/// How long a request takes that is the slower the more there is.
fn time_taken(store: &Store, quirks: Quirks, call: Call<'_>, path: &str) -> Duration {
    let is_filtered = || call.uri.query().is_some_and(|query| query.contains("filter="));
    let (unit, count) = match (call.method.as_str(), target_of(path)) {
        ("GET", Some((kind, None))) if is_filtered() => (quirks.slow_filters, store.count(kind)),
        ("PATCH" | "PUT", Some((Kind::Group, Some(id)))) => {
            let group = store.row_shown_as(Kind::Group, id, quirks.ids);
            (quirks.slow_members, group.map_or(0, |group| store.member_count(group)))
        }
        _ => return Duration::ZERO,
    };
    unit.unwrap_or_default() * u32::try_from(count).unwrap_or(u32::MAX)
}

fn undressed(
    store: &mut Store,
    config: &StandInConfig,
    quirks: Quirks,
    Call { method, uri, headers, body }: Call<'_>,
    path: &str,
) -> Reply {
    if let Some(refusal) = refusal(config, method, headers) {
        return refusal;
    }
    if quirks.needs_user_agent && !headers.contains_key(header::USER_AGENT) {
        return Reply::error(403, "", "requests need a User-Agent");
    }
    let header =
        |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    if quirks.needs_scim_accept && !header(header::ACCEPT).contains("application/scim+json") {
        return Reply::error(406, "", "only application/scim+json is given");
    }
    if quirks.wants_json && body.is_some() && !header(header::CONTENT_TYPE).starts_with("application/json") {
        return Reply::error(415, "", "only application/json is taken");
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if quirks.largest_body.is_some_and(|most| length.is_some_and(|length: usize| length > most)) {
        return Reply::error(413, "", "the body is too large");
    }
    if *method == Method::GET
        && let Some(answer) = documents::document(path, quirks)
    {
        return answer;
    }
    let Some((kind, id)) = target_of(path).filter(|(kind, _)| *kind == Kind::User || !quirks.no_groups)
    else {
        return Reply::not_found(uri.path());
    };
    let row = id.and_then(|id| store.row_shown_as(kind, id, quirks.ids));
    let version = row.and_then(|row| store.version(row)).filter(|_| quirks.versions);
    let stated = header(header::IF_MATCH);
    if version.is_some_and(|version| !stated.is_empty() && stated != version) {
        return Reply::error(412, "", "it was changed since that version");
    }
    let parameters =
        Query::<HashMap<String, String>>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
    match (method.as_str(), id) {
        ("GET", None) => query::list(store, kind, &parameters, config.page_limit, quirks),
        ("GET", Some(id)) => {
            let excluded =
                parameters.get("excludedAttributes").is_some_and(|names| names.contains("members"));
            let excluded = excluded && !quirks.ignores_exclusion;
            endpoints::read(store, kind, id, !excluded, quirks)
        }
        ("POST", None) => endpoints::create(store, kind, body, quirks),
        ("PUT", Some(id)) => endpoints::put(store, kind, id, body, quirks),
        ("PATCH", Some(id)) => endpoints::patch(store, kind, id, body, quirks),
        ("DELETE", Some(id)) => endpoints::delete(store, kind, id, quirks),
        _ => Reply::error(405, "", "there is no such operation here"),
    }
}

fn refusal(config: &StandInConfig, method: &Method, headers: &HeaderMap) -> Option<Reply> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if given == config.token {
        None
    } else if config.read_only_token.as_deref() == Some(given) {
        (method != Method::GET).then(|| Reply::error(403, "", "this token may only read"))
    } else {
        Some(Reply::error(401, "", "the token is not valid"))
    }
}

/// What is answered beyond the rate limit (RFC 6585 section 4).
fn too_many_requests() -> FaultAnswer {
    let body = Reply::error(429, "", "too many requests").body.map(|body| body.to_string());
    FaultAnswer::Status { status: 429, headers: vec![("Retry-After".to_owned(), "1".to_owned())], body }
}

/// What a path names: a kind, and with an id one resource of it.
fn target_of(path: &str) -> Option<(Kind, Option<&str>)> {
    let path = path.split('?').next()?;
    let (endpoint, id) = match path.strip_prefix('/')?.split_once('/') {
        Some((endpoint, id)) => (endpoint, Some(id).filter(|id| !id.is_empty())),
        None => (path.strip_prefix('/')?, None),
    };
    match endpoint {
        "Users" => Some((Kind::User, id)),
        "Groups" => Some((Kind::Group, id)),
        _ => None,
    }
}

/// The status for the log, and the response.
fn respond(fault: Option<FaultAnswer>, reply: Option<Reply>, quirks: Quirks) -> (u16, Response) {
    let (status, headers, body) = match (fault, reply) {
        (Some(FaultAnswer::Cut), _) => {
            // A body that breaks before its first byte takes the connection with it.
            let broken = futures::stream::iter([Err::<Bytes, _>(io::Error::other("cut"))]);
            return (0, Response::new(Body::from_stream(broken)));
        }
        (Some(FaultAnswer::WebPage), _) => {
            let html = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
            (200, html, "<!doctype html><title>Sign in</title>".to_owned())
        }
        (Some(FaultAnswer::Status { status, headers, body }), _) => {
            let usual = || Reply::error(status, "", "told to fail").body.map(|body| body.to_string());
            (status, headers, body.or_else(usual).unwrap_or_default())
        }
        (Some(FaultAnswer::BrokenJson), _) => (200, Vec::new(), "{\"schemas\": [\"urn:ietf".to_owned()),
        (Some(FaultAnswer::Late(_)) | None, Some(reply)) => rendered(reply, quirks),
        (Some(FaultAnswer::Late(_)) | None, None) => (500, Vec::new(), String::new()),
    };
    let mut builder =
        Response::builder().status(StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT));
    if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
        builder = builder.header(header::CONTENT_TYPE, "application/scim+json");
    }
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    let response = builder.body(Body::from(body)).unwrap_or_default();
    (status, response)
}

/// The status, the headers and the body of an answer.
pub(super) fn rendered(reply: Reply, quirks: Quirks) -> (u16, Vec<(String, String)>, String) {
    let of_type = |kind: &str| vec![("content-type".to_owned(), kind.to_owned())];
    let html = || of_type("text/html; charset=utf-8");
    match reply {
        Reply { status, .. } if quirks.web_page_errors && status >= 400 => {
            (status, html(), "<!doctype html><title>Error</title>".to_owned())
        }
        Reply { status, .. } if quirks.plain_errors && status >= 400 => {
            (status, of_type("text/plain"), "it did not work".to_owned())
        }
        Reply { status, .. } if quirks.json_errors && status >= 400 => {
            (status, of_type("application/json"), r#"{"message": "it did not work"}"#.to_owned())
        }
        Reply { status, body: Some(Value::String(page)), .. } => (status, html(), page),
        Reply { status, body, .. } => {
            (status, Vec::new(), body.map(|body| body.to_string()).unwrap_or_default())
        }
    }
}
