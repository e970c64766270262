//! Lists, a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{FieldError, Problem};

/// Items a page has where nothing is said.
pub const DEFAULT_LIMIT: usize = 50;
/// Most items a page has.
pub const MAXIMUM_LIMIT: usize = 200;
/// A page ends before it has this many bytes, so that every answer stays below the limit of [`crate::limits`].
const MAXIMUM_BYTES: usize = 3_500_000;
/// Most characters of a cursor.
const MAXIMUM_CURSOR: usize = 4_096;

/// Most bytes of a text within a cursor: DynamoDB takes 1,024 in a sort key.
const LONGEST_TEXT: usize = 960;

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order. A page may have fewer than were asked for, or none, and still not be the last.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null after the last.
    pub next: Option<Cursor>,
}

impl<T: Serialize> Page<T> {
    /// A page of these items. `position` says where an item stands in the list: where the items are too many bytes the page
    /// ends early, and goes on behind the last that it has.
    pub fn bounded<P: Serialize>(items: Vec<T>, next: Option<P>, position: impl Fn(&T) -> P) -> Page<T> {
        let mut bytes = 0;
        let fitting = items.iter().take_while(|item| {
            bytes += serde_json::to_vec(item).map_or(0, |json| json.len());
            bytes <= MAXIMUM_BYTES
        });
        // One item is below the limit by itself: the tables take none that is larger.
        let fitting = fitting.count().max(1);
        if fitting >= items.len() {
            return Self { items, next: next.map(|next| Cursor::at(&next)) };
        }
        let mut items = items;
        items.truncate(fitting);
        let next = items.last().map(|last| Cursor::at(&position(last)));
        Self { items, next }
    }
}

impl<T: Serialize> Page<T> {
    /// The same of items that come with their positions.
    pub fn placed<P: Serialize + Clone>(items: impl IntoIterator<Item = (P, T)>, next: Option<P>) -> Self {
        let placed: Vec<_> = items.into_iter().map(|(position, item)| Placed { position, item }).collect();
        let Page { items, next } = Page::bounded(placed, next, |placed| placed.position.clone());
        Self { items: items.into_iter().map(|placed| placed.item).collect(), next }
    }
}

/// An item and where it stands; shown as the item.
#[derive(Serialize)]
#[serde(transparent)]
struct Placed<P, T> {
    #[serde(skip)]
    position: P,
    item: T,
}

/// How many items a page is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "u64")]
#[schema(value_type = u64, minimum = 1, maximum = 200, default = 50)]
pub struct Limit(usize);

impl TryFrom<u64> for Limit {
    type Error = &'static str;
    fn try_from(limit: u64) -> Result<Self, Self::Error> {
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=MAXIMUM_LIMIT).contains(limit));
        limit.map(Self).ok_or("a whole number from 1 to 200")
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

impl Limit {
    /// As a number.
    pub fn get(self) -> usize {
        self.0
    }
}

/// Where a page ends, as text that means something to us alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, max_length = 4096)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor of a position.
    pub fn at<P: Serialize>(position: &P) -> Self {
        // A position is text and numbers, so this cannot fail.
        Self(URL_SAFE_NO_PAD.encode(serde_json::to_vec(position).unwrap_or_default()))
    }

    /// The position it stands for. Nothing is trusted of it but its form: it says where to read on, never what may be read.
    ///
    /// # Errors
    ///
    /// [`crate::problem::ProblemKind::InvalidQuery`] where we made no such cursor.
    pub fn position<P: DeserializeOwned>(&self) -> Result<P, Problem> {
        let bytes = (self.0.len() <= MAXIMUM_CURSOR).then(|| URL_SAFE_NO_PAD.decode(&self.0).ok()).flatten();
        let json = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).filter(fits_a_key);
        json.and_then(|json| serde_json::from_value(json).ok()).ok_or_else(|| {
            let error = FieldError::of("cursor").given(&self.0);
            Problem::query(error.allowed("the 'next' of the page before").hint("leave it out to begin anew"))
        })
    }

    /// The position of a cursor that may be missing.
    ///
    /// # Errors
    ///
    /// As [`Cursor::position`].
    pub fn position_of<P: DeserializeOwned>(cursor: Option<&Self>) -> Result<Option<P>, Problem> {
        cursor.map(Self::position).transpose()
    }

    /// The cursor as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether every text of a position may be part of a table's key: a forged one must not reach the table.
fn fits_a_key(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.len() <= LONGEST_TEXT,
        serde_json::Value::Array(items) => items.iter().all(fits_a_key),
        serde_json::Value::Object(fields) => fields.values().all(fits_a_key),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_back_its_position() {
        let cursor = Cursor::at(&("ada", 7));
        assert_eq!(cursor.position::<(String, u64)>().unwrap(), ("ada".to_owned(), 7));
        assert!(cursor.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }

    #[test]
    fn a_cursor_that_we_did_not_make_is_refused_by_name() {
        for forged in ["", "%", "aGVsbG8", "bnVsbA", &"A".repeat(5_000)] {
            let problem = Cursor(forged.to_owned()).position::<(String, u64)>().unwrap_err();
            assert_eq!((problem.status, problem.errors[0].field.as_str()), (400, "cursor"), "{forged}");
        }
    }

    #[test]
    fn a_page_ends_before_it_is_too_large_and_goes_on_behind_its_last_item() {
        let items = vec!["x".repeat(1_000_000); 9];
        let page = Page::bounded(items, None, |_| "here");
        assert_eq!(page.items.len(), 3);
        assert_eq!(page.next, Some(Cursor::at(&"here")));
        let page = Page::bounded(vec!["x"], None::<&str>, |_| "here");
        assert_eq!((page.items.len(), page.next), (1, None));
    }
}
