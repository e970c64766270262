//! Removals that a person lets go.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::whole_number::Whole;

/// More than any directory has.
const MOST: u64 = 1_000_000_000;

/// How many accounts may be removed, however large a share they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "u64")]
#[schema(value_type = u64, minimum = 0, maximum = 1_000_000_000)]
pub struct Removals(u64);

impl TryFrom<u64> for Removals {
    type Error = &'static str;
    fn try_from(count: u64) -> Result<Self, Self::Error> {
        if count <= MOST { Ok(Self(count)) } else { Err("a whole number from 0 to 1000000000") }
    }
}

impl Removals {
    /// As a number.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Reads a field of a body that may be missing or null; the field is `#[serde(default)]`.
///
/// # Errors
///
/// It is no number of removals.
pub fn in_body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Removals>, D::Error> {
    let Some(Whole(count)) = Option::deserialize(deserializer)? else { return Ok(None) };
    // What is negative is too much to be removed as well.
    Removals::try_from(u64::try_from(count).unwrap_or(u64::MAX)).map(Some).map_err(D::Error::custom)
}
