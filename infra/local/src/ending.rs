//! How a command ends, as its exit code tells.

use std::process::ExitCode;

/// The end of a command that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The application is in step with the directory.
    InStep,
    /// Something failed, and was told with its reason.
    Failed,
    /// Removals are held.
    Held,
    /// It was told to stop.
    Stopped,
}

/// Why a command could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Arguments or input cannot be used; nothing was touched.
    #[error("{0}")]
    Unusable(String),
    /// Something did not work.
    #[error("{0}")]
    Failed(String),
}

impl CommandError {
    /// Something did not work, for the reason another error gives.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Its number.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Unusable(_) => 2,
        }
    }
}

impl Ending {
    /// Its number.
    pub fn code(self) -> u8 {
        match self {
            Self::InStep | Self::Stopped => 0,
            Self::Failed => 1,
            Self::Held => 3,
        }
    }
}

/// The exit code of a command.
pub fn exit_code(result: &Result<Ending, CommandError>) -> ExitCode {
    ExitCode::from(match result {
        Ok(ending) => ending.code(),
        Err(error) => error.code(),
    })
}
