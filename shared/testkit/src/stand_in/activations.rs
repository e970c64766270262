//! When each account was turned on and off.

use std::collections::HashMap;
use std::time::Duration;

use scim::Resource;

/// When an account came to be active or inactive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activation {
    /// Counted from the start of the stand-in.
    pub at: Duration,
    /// What it was from then on.
    pub active: bool,
}

/// The accounts' histories by their rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Activations(HashMap<u64, Vec<Activation>>);

impl Activations {
    /// Notes what an account is after a write. A write that leaves `active` as it was leaves no trace.
    pub fn note(&mut self, row: u64, user: &Resource, at: Duration) {
        // RFC 7643 section 4.1.1 leaves the meaning of none to the provider; here an account is active until it is told not to be.
        let active = user.active().unwrap_or(true);
        let history = self.0.entry(row).or_default();
        if history.last().is_none_or(|last| last.active != active) {
            history.push(Activation { at, active });
        }
    }

    /// The history of an account, from its creation on.
    pub fn of(&self, row: u64) -> Vec<Activation> {
        self.0.get(&row).cloned().unwrap_or_default()
    }
}
