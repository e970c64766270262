//! The doorbell: a message that says what to look at, never what to write (rules 1 and 2).

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreResult;
use crate::ids::{ApplicationId, JobId};
use crate::link::LinkKey;

/// What to look at. Its wire form is the queue message's body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "look_at")]
pub enum Doorbell {
    /// A link that was marked; users go to `user-sync.fifo`, groups to `group-sync.fifo`.
    Link {
        /// Which.
        key: LinkKey,
        /// The mark's generation; part of the deduplication id, and nothing else.
        generation: u64,
    },
    /// A job whose next page is due; goes to `jobs.fifo`.
    Job {
        /// Whose job.
        application: ApplicationId,
        /// Which.
        job: JobId,
        /// Which page of it; a page that was done already is not done again.
        step: u64,
    },
    /// A job of the directory whose next page is due; goes to `jobs.fifo`.
    DirectoryJob {
        /// Which.
        job: JobId,
        /// Which page of it; a page that was done already is not done again.
        step: u64,
    },
}

/// In which lane a doorbell goes: live changes do not queue behind sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// A change as it happens, or a retry.
    Live,
    /// A sweep's own work.
    Sweep,
}

impl Doorbell {
    /// The SQS message group: few lanes per application (DESIGN section 6). Lanes give fairness and bound what is
    /// in flight; they exclude nobody.
    pub fn message_group(&self, lane: Lane, lanes: u32) -> String {
        match self {
            Self::Link { key, .. } => {
                let lane = match lane {
                    Lane::Live => "live",
                    Lane::Sweep => "sweep",
                };
                format!("{}-{lane}-{}", key.application, shard(&key.to_string(), lanes))
            }
            Self::Job { application, .. } => application.to_string(),
            Self::DirectoryJob { job, .. } => format!("directory-{job}"),
        }
    }

    /// The SQS deduplication id, unique per cause: a mark's generation, a job's page, or a ring again by `cause`.
    pub fn deduplication_id(&self, cause: &str) -> String {
        let text = match self {
            Self::Link { key, generation } => format!("{key}:{generation}:{cause}"),
            Self::Job { job, step, .. } | Self::DirectoryJob { job, step } => {
                format!("{job}:{step}:{cause}")
            }
        };
        // SQS takes 128 characters of a limited alphabet; a name-based UUID keeps it unique within both.
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, text.as_bytes()).to_string()
    }
}

/// Which of `shards` a key belongs to; stable for ever, since table keys are made with it (FNV-1a).
pub fn shard(key: &str, shards: u32) -> u32 {
    let hash =
        key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % shards.max(1)
}

/// Rings. `cause` is empty for the ring that belongs to a mark, and names the occasion when the same generation is rung again.
#[async_trait]
pub trait Bell: Send + Sync {
    /// Sends the doorbells; returns once every one was accepted.
    ///
    /// # Errors
    ///
    /// Some were not accepted, after retries of those alone. The marks stand, so they come due again.
    async fn ring(&self, lane: Lane, cause: &str, doorbells: &[Doorbell]) -> StoreResult<()>;
}
