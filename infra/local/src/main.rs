//! The command `rollcall`: see `rollcall --help`.

mod cli;
mod demo;
mod done;
mod ending;
mod output;
mod progress;
mod serve;
mod sync;
mod traffic;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
