//! The functions' configuration, read from the environment once, at start.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::queue::QueueUrls;
use crate::tables::TableNames;

/// Why a function does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable's value is not of its kind.
    #[error("the environment variable {name} is not {expected}")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

/// The environment's variables, and which of them were asked for: what a function asks for is what the template must set.
#[derive(Debug)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl Environment {
    /// The process's.
    pub fn of_process() -> Self {
        // A variable that is no Unicode is none of ours.
        Self::of(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// These variables.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect(), asked: RefCell::default() }
    }

    /// The variables that were asked for.
    pub fn asked(&self) -> BTreeSet<&'static str> {
        self.asked.borrow().clone()
    }

    fn text(&self, name: &'static str) -> Result<String, ConfigError> {
        self.asked.borrow_mut().insert(name);
        self.variables.get(name).filter(|value| !value.is_empty()).cloned().ok_or(ConfigError::Missing(name))
    }

    fn positive(&self, name: &'static str) -> Result<u32, ConfigError> {
        let text = self.text(name)?;
        text.parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or(ConfigError::Invalid { name, expected: "a positive whole number" })
    }
}

fn table_names(environment: &Environment) -> Result<TableNames, ConfigError> {
    Ok(TableNames {
        directory: environment.text("DIRECTORY_TABLE")?,
        provisioning: environment.text("PROVISIONING_TABLE")?,
        activity: environment.text("ACTIVITY_TABLE")?,
        imports: environment.text("IMPORTS_TABLE")?,
    })
}

/// Where the bell rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BellConfig {
    /// The queues.
    pub queues: QueueUrls,
    /// Message groups per application in each sync queue (DESIGN section 6).
    pub lanes: u32,
}

impl BellConfig {
    fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            queues: QueueUrls {
                user_sync: environment.text("USER_SYNC_QUEUE_URL")?,
                group_sync: environment.text("GROUP_SYNC_QUEUE_URL")?,
                jobs: environment.text("JOBS_QUEUE_URL")?,
            },
            lanes: environment.positive("LANES")?,
        })
    }
}

/// What change-detection reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectionConfig {
    /// Which log events are written, in the form of `RUST_LOG`.
    pub log_filter: String,
    /// The tables.
    pub tables: TableNames,
    /// Where it rings.
    pub bell: BellConfig,
}

/// What user-sync, group-sync and jobs read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Which log events are written, in the form of `RUST_LOG`.
    pub log_filter: String,
    /// The tables.
    pub tables: TableNames,
    /// How the names of our secrets begin.
    pub secret_prefix: String,
    /// Where it rings.
    pub bell: BellConfig,
}

/// What config-api reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigApiConfig {
    /// Which log events are written, in the form of `RUST_LOG`.
    pub log_filter: String,
    /// The tables.
    pub tables: TableNames,
    /// How the names of our secrets begin.
    pub secret_prefix: String,
    /// Where it rings.
    pub bell: BellConfig,
    /// The claim of a caller's token that holds his role.
    pub role_claim: String,
}

/// What log-writer reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWriterConfig {
    /// Which log events are written, in the form of `RUST_LOG`.
    pub log_filter: String,
    /// The activity log's table.
    pub activity_table: String,
}

macro_rules! read {
    ($config:ty, $environment:ident => $fields:expr) => {
        impl $config {
            /// Reads it.
            ///
            /// # Errors
            ///
            /// A variable is missing or not of its kind; the error names it.
            pub fn read($environment: &Environment) -> Result<Self, ConfigError> {
                Ok($fields)
            }
        }
    };
}

read!(DetectionConfig, environment => Self {
    log_filter: environment.text("RUST_LOG")?,
    tables: table_names(environment)?,
    bell: BellConfig::read(environment)?,
});
read!(WorkerConfig, environment => Self {
    log_filter: environment.text("RUST_LOG")?,
    tables: table_names(environment)?,
    secret_prefix: environment.text("SECRET_PREFIX")?,
    bell: BellConfig::read(environment)?,
});
read!(ConfigApiConfig, environment => Self {
    log_filter: environment.text("RUST_LOG")?,
    tables: table_names(environment)?,
    secret_prefix: environment.text("SECRET_PREFIX")?,
    bell: BellConfig::read(environment)?,
    role_claim: environment.text("ROLE_CLAIM")?,
});
read!(LogWriterConfig, environment => Self {
    log_filter: environment.text("RUST_LOG")?,
    activity_table: environment.text("ACTIVITY_TABLE")?,
});

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn a_function_starts_with_what_it_asks_for_and_asks_for_nothing_else() {
        let environment =
            environment(&[("RUST_LOG", "info"), ("ACTIVITY_TABLE", "activity"), ("OTHER", "x")]);
        assert_eq!(LogWriterConfig::read(&environment).unwrap().activity_table, "activity");
        assert_eq!(environment.asked(), BTreeSet::from(["RUST_LOG", "ACTIVITY_TABLE"]));
    }

    #[test]
    fn a_missing_or_empty_variable_is_named() {
        for empty in [
            environment(&[("RUST_LOG", "info")]),
            environment(&[("RUST_LOG", "info"), ("ACTIVITY_TABLE", "")]),
        ] {
            let error = LogWriterConfig::read(&empty).unwrap_err();
            assert_eq!(error.to_string(), "the environment variable ACTIVITY_TABLE is not set");
        }
    }

    #[test]
    fn lanes_are_a_positive_number() {
        let error = environment(&[("LANES", "0")]).positive("LANES").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable LANES is not a positive whole number");
    }
}
