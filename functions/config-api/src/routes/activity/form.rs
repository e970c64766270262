//! The forms in which a page of events is answered: JSON, lines of JSON, or a table.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::event::Event;
use super::table;
use crate::page::{Cursor, Page};

/// A form of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{items, next}`.
    Json,
    /// An event a line.
    JsonLines,
    /// Comma-separated values (RFC 4180).
    Table,
}

/// Events as a table, in the document.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, example = "ts,activity_id,event,result,reason\r\n2026-11-23T10:00:00Z,crm#user#4711:7,provisioning_user_sync,SUCCESS,title changed\r\n")]
#[expect(dead_code, reason = "only the document names it")]
pub struct Csv(String);

/// Events as lines of JSON, in the document.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, example = "{\"activity_id\":\"crm#user#4711:7\",\"ts\":\"2026-11-23T10:00:00Z\"}\n")]
#[expect(dead_code, reason = "only the document names it")]
pub struct Lines(String);

impl Form {
    /// The one that `Accept` prefers among ours; JSON where it names none (RFC 9110 section 12.5.1 allows that).
    pub fn wanted(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = accepted.flat_map(|value| value.split(',')).filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let form = match parts.next()?.to_ascii_lowercase().as_str() {
                "text/csv" => Self::Table,
                "application/x-ndjson" => Self::JsonLines,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => return None,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
            (weight > 0.0).then_some((form, weight))
        });
        // Of equal weights the first that is named.
        let best = ranges.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(Self::Json, |(form, _)| form)
    }

    /// The answer to a request for `uri`, with a link to the next page.
    pub fn answer(self, page: Page<Event>, uri: &Uri) -> Response {
        let link = page.next.as_ref().and_then(|next| link(uri, next));
        let mut response = match self {
            Self::Json => Json(page).into_response(),
            Self::JsonLines => typed("application/x-ndjson", lines(&page.items)),
            Self::Table => typed("text/csv; charset=utf-8", table::text(&page.items, !has_cursor(uri))),
        };
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        if let Some(link) = link {
            headers.insert(header::LINK, link);
        }
        response
    }
}

fn typed(media_type: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], text).into_response()
}

fn lines(events: &[Event]) -> String {
    let lines = events.iter().filter_map(|event| serde_json::to_string(event).ok());
    lines.map(|line| line + "\n").collect()
}

fn has_cursor(uri: &Uri) -> bool {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).any(|(name, _)| name == "cursor")
}

/// The same request with the next page's cursor, as RFC 8288 has it.
fn link(uri: &Uri, next: &Cursor) -> Option<HeaderValue> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(name, _)| name != "cursor"));
    query.append_pair("cursor", next.as_str());
    HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &'static str) -> Form {
        Form::wanted(&[(header::ACCEPT, HeaderValue::from_static(accept))].into_iter().collect())
    }

    #[test]
    fn the_form_is_the_one_that_is_preferred() {
        assert_eq!(wanted("text/csv"), Form::Table);
        assert_eq!(wanted("application/x-ndjson, application/json;q=0.5"), Form::JsonLines);
        assert_eq!(wanted("text/csv;q=0.1, */*"), Form::Json);
        assert_eq!(wanted("text/csv;q=0"), Form::Json);
        assert_eq!(wanted("image/png"), Form::Json);
        assert_eq!(Form::wanted(&HeaderMap::new()), Form::Json);
    }
}
