//! Progress.

use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::Console;

/// Steps of a plain line, in percent.
const PLAIN_STEP: u64 = 25;

/// A progress bar.
pub struct Bar {
    console: Console,
    what: String,
    total: u64,
    drawn: Option<ProgressBar>,
    said: AtomicU64,
}

impl Bar {
    pub(super) fn new(console: Console, what: &str, total: u64) -> Self {
        let drawn = console.terminal.then(|| {
            let bar = ProgressBar::new(total);
            let template = "{prefix:>14} [{bar:32}] {pos}/{len} {msg}";
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("=> "));
            bar.set_prefix(what.to_owned());
            bar
        });
        Self { console, what: what.to_owned(), total, drawn, said: AtomicU64::new(0) }
    }

    /// So many steps are done; `what` is under way.
    pub fn at(&self, done: u64, what: &str) {
        let done = done.min(self.total);
        if let Some(bar) = &self.drawn {
            bar.set_position(done);
            bar.set_message(what.to_owned());
            return;
        }
        if self.console.json || self.total == 0 {
            return;
        }
        let percent = done * 100 / self.total / PLAIN_STEP * PLAIN_STEP;
        if percent > self.said.fetch_max(percent, Ordering::Relaxed) {
            self.console.say(&format!("{}: {done} of {}", self.what, self.total));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}
