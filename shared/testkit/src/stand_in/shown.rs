//! A resource as the stand-in shows it, which its quirks may make another than what it keeps.

use provisioning::target::Kind;
use serde_json::Value;

use super::quirks::{Deactivation, Quirks};
use super::store::Store;

/// A resource as it is answered; `None` where the row is not there.
pub(super) fn answered(
    store: &Store,
    kind: Kind,
    row: u64,
    with_members: bool,
    quirks: Quirks,
) -> Option<Value> {
    let with_members = with_members && !quirks.hides_members;
    let resource = store.shown(kind, row, with_members)?;
    let active = resource.active();
    let mut shown = resource.into_json();
    if kind == Kind::User && active == Some(false) && quirks.deactivation == Deactivation::Obfuscates {
        shown["userName"] = format!("suspended-{row}").into();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("emails");
        }
    }
    if quirks.active_as_text
        && let Some(active) = active.filter(|_| kind == Kind::User)
    {
        shown["active"] = if active { "True" } else { "False" }.into();
    }
    Some(shown)
}
