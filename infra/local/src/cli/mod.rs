//! The command line: what may be typed, and what is run for it.

mod arguments;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::EnvFilter;

use arguments::{Command, CommandLine};
pub use arguments::{DemoArguments, ServeArguments, SyncArguments};

use crate::ending::{CommandError, Ending, exit_code};
use crate::output::Console;
use crate::{demo, serve, sync};

/// Runs what was typed.
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    let Some(command) = line.command else {
        Console::plain().say(&CommandLine::command().render_long_help().to_string());
        return ExitCode::SUCCESS;
    };
    log_to_stderr();
    let console = match &command {
        Command::Sync(arguments) if arguments.json => Console::json(),
        _ => Console::plain(),
    };
    let result = in_runtime(async {
        match command {
            Command::Demo(arguments) => demo::run(&arguments, &console).await,
            Command::Sync(arguments) => sync::run(&arguments, &console).await,
            Command::Serve(arguments) => serve::run(&arguments, &console).await,
        }
    });
    if let Err(error) = &result {
        console.error(error);
    }
    exit_code(&result)
}

fn in_runtime(command: impl Future<Output = Result<Ending, CommandError>>) -> Result<Ending, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::failed)?;
    runtime.block_on(command)
}

/// Logs for whoever looks for the cause of something: off but for errors, unless `RUST_LOG` says otherwise.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
