//! `rollcall demo`.

use crate::cli::DemoArguments;
use crate::ending::{CommandError, Ending};
use crate::output::Console;

/// Runs the demo.
///
/// # Errors
///
/// [`CommandError::Failed`].
pub async fn run(_arguments: &DemoArguments, _console: &Console) -> Result<Ending, CommandError> {
    Ok(Ending::InStep)
}
