//! What keeps an application from being set up, as problems.

use provisioning::application::SetupError;
use provisioning::mapping::{MappingProblem, MappingProblems};
use provisioning::target::{RequestNote, TargetError};
use serde_json::json;

use crate::problem::{FieldError, Problem, ProblemKind};

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        use ProblemKind as Kind;
        let said = error.to_string();
        match error {
            SetupError::Unknown(id) => Self::not_found("application", id.as_str()),
            SetupError::NotInCatalog(_) => Self::new(Kind::NotProvisionable, said),
            SetupError::Mapping(problems) => mapping(&problems),
            SetupError::UnknownGroups(groups) => {
                let names: Vec<_> = groups.iter().map(ToString::to_string).collect();
                let error = FieldError::of("groups").given(&names.join(", "));
                Self::value(error.allowed("ids of GET /v1/groups"))
            }
            SetupError::TooManyGroups { given, most } => {
                let error = FieldError::of("groups").given(&format!("{given} groups"));
                Self::value(error.allowed(format!("at most {most} groups")))
            }
            SetupError::DeletionRefused(fields) => {
                let problem = Self::new(Kind::InvalidValue, said);
                fields.iter().fold(problem, |problem, field| {
                    let error = FieldError::of(*field).given("delete");
                    problem.error(error.allowed("deactivate or leave"))
                })
            }
            SetupError::Target { error, requests } => target(&error, &requests),
            SetupError::TargetChanged(evidence) => Self::new(
                Kind::TargetChanged,
                format!("{said}. Nothing was written. Say links: \"relink\" where it is another tenant: its accounts are matched anew; \"keep\" where it is the same one"),
            )
            .member("same", evidence.same)
            .member("different", evidence.different)
            .member("missing", evidence.missing),
            SetupError::Unready(steps) => {
                let problem = Self::new(Kind::NotReady, said);
                steps.iter().fold(problem, |problem, step| {
                    problem.error(FieldError::of(step.part).hint(step.what.clone()))
                })
            }
            SetupError::Unconnected => Self::new(Kind::NotConnected, said),
            SetupError::EmptySelection => {
                Self::new(Kind::EmptySelection, said).error(FieldError::of("groups").allowed("at least one group"))
            }
            SetupError::Removing(_) => Self::new(Kind::BeingRemoved, said),
            SetupError::NotEnabled => Self::new(Kind::NotEnabled, said),
            SetupError::Changed => Self::new(Kind::ChangedMeanwhile, Kind::ChangedMeanwhile.example()),
            SetupError::Store(error) => error.into(),
            SetupError::Id(error) => {
                tracing::error!(%error, "an id was made that is none");
                Self::new(Kind::Internal, Kind::Internal.example())
            }
        }
    }
}

fn mapping(problems: &MappingProblems) -> Problem {
    let problem = Problem::new(ProblemKind::InvalidValue, "the mapping cannot be kept");
    problems.iter().fold(problem, |problem, (path, wrong)| {
        let error = FieldError::of("attributes").given(&path.to_string()).hint(wrong.to_string());
        problem.error(match wrong {
            MappingProblem::UnknownTarget | MappingProblem::Reserved => {
                error.allowed("an attribute of GET /v1/applications/{id}/schema")
            }
            MappingProblem::UnknownCustom(_) => error.allowed("an attribute of GET /v1/attributes"),
            _ => error,
        })
    })
}

/// What the target said, and what that means for whoever typed its address or its credentials.
fn target(error: &TargetError, requests: &[RequestNote]) -> Problem {
    let (field, hint) = match error {
        TargetError::Refused(_) => ("base_url", "give an https URL of a public address"),
        TargetError::Unauthorized(_) | TargetError::Forbidden(_) => {
            ("token", "the target refuses it; check the token and what it may do")
        }
        TargetError::NotFound(_) => ("base_url", "there is no SCIM endpoint at this address; check its path"),
        TargetError::Throttled(_) | TargetError::Unsent(_) => {
            ("base_url", "the target asks to be left alone; try again later")
        }
        TargetError::Failed(_) => ("base_url", "the target is in trouble itself; try again later"),
        TargetError::Unknown(_) => {
            ("base_url", "check the address, and whether the target is up and speaks SCIM 2.0 there")
        }
        TargetError::Conflict(_)
        | TargetError::Rejected(_)
        | TargetError::WholeList
        | TargetError::Unsupported(_) => ("base_url", "it does not answer as a SCIM 2.0 endpoint"),
    };
    Problem::new(ProblemKind::TargetRefused, error.to_string())
        .error(FieldError::of(field).hint(hint))
        .member("requests", json!(requests))
}
