//! All that is printed goes through here: text for people on standard output, or one JSON document there and the
//! text on standard error. A reader who went away is no failure of ours.

mod bar;

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

pub use bar::Bar;

/// Where and how is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Console {
    json: bool,
    terminal: bool,
}

impl Console {
    /// Text for people.
    pub fn plain() -> Self {
        Self { json: false, terminal: std::io::stdout().is_terminal() && std::io::stderr().is_terminal() }
    }

    /// One JSON document on standard output; text goes to standard error.
    pub fn json() -> Self {
        Self { json: true, terminal: false }
    }

    /// Prints a line, or several.
    pub fn say(&self, text: &str) {
        let text = text.trim_end_matches('\n');
        if self.json {
            let _ = writeln!(std::io::stderr(), "{text}");
        } else {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Prints what somebody should look at.
    pub fn warn(&self, text: &dyn Display) {
        let _ = writeln!(std::io::stderr(), "rollcall: {text}");
    }

    /// Prints why a command ended.
    pub fn error(&self, error: &dyn Display) {
        let _ = writeln!(std::io::stderr(), "rollcall: error: {error}");
        if self.json {
            self.document(&serde_json::json!({"error": error.to_string()}));
        }
    }

    /// Prints the JSON document, where one was asked for.
    pub fn document(&self, document: &serde_json::Value) {
        if self.json {
            let _ = writeln!(std::io::stdout(), "{document:#}");
        }
    }

    /// A progress bar of `total` steps: drawn on a terminal, a plain line now and then elsewhere, nothing with JSON.
    pub fn bar(&self, what: &str, total: u64) -> Bar {
        Bar::new(*self, what, total)
    }
}

/// `1 user`, `2 users`.
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
