//! Connecting to the target, and saying plainly what is wrong where that fails.

use provisioning::application::{Links, Setup, SetupError};
use provisioning::target::{Discovery, TargetError};

use super::Request;
use crate::ending::CommandError;

/// Connects the application to its target.
///
/// # Errors
///
/// What the target said.
pub(super) async fn connect(setup: &Setup, request: &Request<'_>) -> Result<Discovery, CommandError> {
    let connected = setup.connect(&request.application, &request.base_url, &request.token, Links::Keep).await;
    connected.map_err(|error| match error {
        SetupError::Target { error, .. } => explained(&error, request),
        other => CommandError::failed(other),
    })
}

/// What a target's refusal means for the person who typed its address.
pub(super) fn explained(error: &TargetError, request: &Request<'_>) -> CommandError {
    let url = &request.base_url;
    let variable = &request.arguments.token_env;
    let hint = match error {
        TargetError::Refused(_) => {
            return CommandError::Unusable(format!(
                "--target {url} is refused: {error}; if it is on this machine or in your own network, add --allow-local-target"
            ));
        }
        TargetError::Unauthorized(_) | TargetError::Forbidden(_) => {
            format!("it refuses the token in {variable}; check the token and what it may do")
        }
        TargetError::NotFound(_) => {
            "there is no SCIM endpoint at this address; check the path of the base URL".into()
        }
        TargetError::Throttled(_) | TargetError::Unsent(_) => "try again when that time has passed".into(),
        TargetError::Unknown(_) => {
            "check the address, and whether the target is up and speaks SCIM 2.0 there".into()
        }
        TargetError::Failed(_) => "the target is in trouble itself; try again later".into(),
        TargetError::Conflict(_)
        | TargetError::Rejected(_)
        | TargetError::WholeList
        | TargetError::Unsupported(_) => "it does not answer as a SCIM 2.0 endpoint".into(),
    };
    CommandError::Failed(format!(
        "the target {url} cannot be provisioned: {error}; {hint}. Nothing was changed there"
    ))
}
