//! `rollcall serve`: the API and every function in one process, until it is told to stop.
//!
//! [`Listener`] takes connections and bounds them, `gateway` is what stands in front of the API on AWS, and `api` puts the API
//! upon the engine.

mod access_log;
mod api;
mod connection;
mod gateway;
mod listener;
mod stop_signal;
mod token_file;

use std::path::Path;
use std::time::Duration;

use config_api::caller::StaticToken;
use rollcall::engine::{Engine, EngineConfig, EngineError};
use scim_client::AddressPolicy;
use secrecy::SecretString;

pub use api::api;
pub use listener::Listener;
pub use stop_signal::StopSignal;
pub use token_file::new_token;

use crate::cli::ServeArguments;
use crate::ending::{CommandError, Ending};
use crate::output::Console;
use token_file::TokenFile;

/// How long the engine may finish what is in flight; the rest comes again at the next start.
const IN_FLIGHT: Duration = Duration::from_secs(10);
/// As the activity log names whoever has the local token.
const ADMINISTRATOR: &str = "local administrator";

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
///
/// [`CommandError::Unusable`] where an argument, the token, the data or the port cannot be used.
pub async fn run(arguments: &ServeArguments, console: &Console) -> Result<Ending, CommandError> {
    let stop = StopSignal::of_process().map_err(CommandError::failed)?;
    let listener = Listener::bind(arguments.listen, arguments.allow_remote).await?;
    let token = TokenFile::take(&arguments.token_file)?;
    let starting = Box::pin(start(arguments));
    let engine = tokio::select! {
        engine = starting => engine?,
        () = stop.asked() => return Ok(Ending::Stopped),
    };
    console.say(&started(&listener, &arguments.data, &arguments.token_file, token.is_new()));
    listener.serve(api(&engine, authenticator(token.into_token())), &stop).await;
    engine.stop(IN_FLIGHT).await;
    Ok(Ending::Stopped)
}

/// Lets in who has this token.
pub fn authenticator(token: SecretString) -> StaticToken {
    StaticToken::new(ADMINISTRATOR, token)
}

async fn start(arguments: &ServeArguments) -> Result<Engine, CommandError> {
    let address_policy = match arguments.allow_local_target {
        true => AddressPolicy::AllowLocal,
        false => AddressPolicy::PublicOnly,
    };
    let data = Some(arguments.data.clone());
    let config = EngineConfig { data, address_policy, ..EngineConfig::default() };
    Engine::start(config).await.map_err(|error| match error {
        EngineError::InUse(_) | EngineError::Directory { .. } => CommandError::Unusable(error.to_string()),
        EngineError::Database(_) => {
            CommandError::Unusable(format!("{} cannot be used: {error}", arguments.data.display()))
        }
        EngineError::Store(_) => CommandError::failed(error),
    })
}

fn started(listener: &Listener, data: &Path, token: &Path, new: bool) -> String {
    format!(
        "Rollcall serves http://{} (data in {}, {}token in {}, API description at /v1/openapi.json)",
        listener.address(),
        data.display(),
        if new { "a new " } else { "" },
        token.display(),
    )
}
