//! Whether what was taken away was to be.

use super::strangers::at_some_time;
use super::{End, Oracle, STALE, Shown, Standing};

impl Oracle {
    /// No account was turned off or deleted but while that was what the standing of whoever had it asked for, or a moment later.
    pub(super) fn judge_removals(&self, shown: &Shown, wrong: &mut Vec<String>) {
        for taken in &shown.taken {
            let log = self.standings.get(&taken.owner).map(Vec::as_slice).unwrap_or_default();
            let meant = |standing: &Standing| match *standing {
                Standing::Wanted => false,
                Standing::Unwanted(end) => !taken.deleted || end == End::Gone,
            };
            if !at_some_time(log, taken.at.saturating_sub(STALE), taken.at, meant) {
                wrong.push(format!("nobody asked for it: {} ({}) at {}", taken.what, taken.owner, taken.at));
            }
        }
    }
}
