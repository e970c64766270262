//! Why something was not set up.

use crate::application::{Evidence, Step};
use crate::ids::{ApplicationId, GroupId, IdError};
use crate::mapping::MappingProblems;
use crate::ports::StoreError;
use crate::target::{RequestNote, TargetError};

/// Why something was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    // What was typed cannot be.
    /// There is no such application.
    #[error("there is no application '{0}'")]
    Unknown(ApplicationId),
    /// The catalog has no such entry, or nothing is provisioned there.
    #[error("the catalog has no entry '{0}' that can be provisioned")]
    NotInCatalog(String),
    /// The mapping cannot be kept.
    #[error("{} of the mapping cannot be kept", entries(.0.len()))]
    Mapping(MappingProblems),
    /// The directory has no such groups.
    #[error("the directory has no group {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    UnknownGroups(Vec<GroupId>),
    /// More groups than are taken.
    #[error("{given} groups are too many; at most {most} can be named")]
    TooManyGroups {
        /// How many were named.
        given: usize,
        /// How many may be.
        most: usize,
    },
    /// Its target deletes no account, and these fields ask for that.
    #[error("the application's target deletes no account; deactivate them")]
    DeletionRefused(Vec<&'static str>),
    /// The target did not answer as one; nothing was kept.
    #[error("{error}")]
    Target {
        /// What it said.
        error: TargetError,
        /// The requests that were tried.
        requests: Vec<RequestNote>,
    },
    // The application is not in a state for it.
    /// The connection leads to another tenant than the one in which the links were made; nothing was kept.
    #[error("the connection leads to another tenant: {0}")]
    TargetChanged(Evidence),
    /// Steps that come first.
    #[error("the application cannot be enabled yet: {}", .0.iter().map(|step| step.what.as_str()).collect::<Vec<_>>().join("; "))]
    Unready(Vec<Step>),
    /// It is not connected yet, so nothing is known of what its target takes.
    #[error("the application is not connected yet; connect it first")]
    Unconnected,
    /// An enabled application with no group selected would lose every account.
    #[error(
        "no group would be selected any more, and every account would go; disable the application first, or remove it"
    )]
    EmptySelection,
    /// It is being removed.
    #[error("the application '{0}' is being removed")]
    Removing(ApplicationId),
    /// It is not enabled.
    #[error("the application is not enabled")]
    NotEnabled,
    /// Somebody else changed the configuration at the same time: read it again.
    #[error("the configuration was changed at the same time")]
    Changed,
    // Parts that did not answer.
    /// A table or the secret store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source of randomness made an id that is none.
    #[error(transparent)]
    Id(#[from] IdError),
}

fn entries(count: usize) -> String {
    if count == 1 { "an entry".to_owned() } else { format!("{count} entries") }
}
