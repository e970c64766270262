//! The command `rollcall`: see `rollcall --help`.

mod cli;
mod demo;
mod ending;
mod output;
mod sync;
mod traffic;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
