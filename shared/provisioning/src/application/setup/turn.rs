//! Enabling, disabling, resuming and removing.

use super::{Setup, SetupError, missing_steps};
use crate::activity::EventName;
use crate::application::{
    Application, Configured, Departure, DeselectedGroup, Lifecycle, Policy, Selection, SweepPhase,
};
use crate::fuse::{Fuse, Window};
use crate::ids::{ApplicationId, JobId};
use crate::ports::ConfigurationWrite;
use crate::sweep::{Position, Step};

impl Setup {
    /// Enables the application, which starts a sweep; one that is enabled is swept once more.
    ///
    /// # Errors
    ///
    /// [`SetupError::Unready`] with the steps that come first.
    pub async fn enable(
        &self,
        id: &ApplicationId,
        allowed_removals: Option<u64>,
    ) -> Result<JobId, SetupError> {
        let before = self.load_kept(id).await?;
        let missing = missing_steps(&before);
        if !missing.is_empty() {
            return Err(SetupError::Unready(missing));
        }
        if before.application.lifecycle == Lifecycle::Enabled {
            let version = Some(before.application.version);
            return self.start_sweep_at(id, version, false, allowed_removals).await;
        }
        let sweep = self.sweep_of(&before, true, allowed_removals)?;
        let job = sweep.id.clone();
        let application = Application { lifecycle: Lifecycle::Enabled, ..before.application };
        let write = ConfigurationWrite { sweep: Some(sweep), ..ConfigurationWrite::of(application) };
        self.write(write, EventName::Enable, "provisioning was enabled".into()).await?;
        Ok(job)
    }

    /// Leaves the application alone until it is enabled again; its accounts stay as they are.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn disable(&self, id: &ApplicationId) -> Result<(), SetupError> {
        let before = self.load_kept(id).await?;
        if before.application.lifecycle != Lifecycle::Enabled {
            return Ok(());
        }
        let application = Application { lifecycle: Lifecycle::Disabled, ..before.application };
        let write = ConfigurationWrite::of(application);
        self.write(write, EventName::Disable, "provisioning was disabled".into()).await
    }

    /// Tells what a person decided about the application, under its next version.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn note(&self, id: &ApplicationId, reason: String) -> Result<Configured, SetupError> {
        let before = self.load_kept(id).await?;
        let write = ConfigurationWrite::of(before.application);
        self.write(write, EventName::ConfigUpdate, reason).await?;
        self.tables.applications.load(id).await?.ok_or_else(|| SetupError::Unknown(id.clone()))
    }

    /// Sweeps an enabled application once more. `allowed_removals` are removals that a person lets go, however many they are.
    ///
    /// # Errors
    ///
    /// [`SetupError::NotEnabled`].
    pub async fn sync(&self, id: &ApplicationId, allowed_removals: Option<u64>) -> Result<JobId, SetupError> {
        let before = self.load_kept(id).await?;
        if before.application.lifecycle != Lifecycle::Enabled {
            return Err(SetupError::NotEnabled);
        }
        self.start_sweep_at(id, Some(before.application.version), false, allowed_removals).await
    }

    /// Lets requests go again that were stopped because the target refused our credentials, and looks for what is due.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn resume(&self, id: &ApplicationId) -> Result<(), SetupError> {
        let configured = self.load(id).await?;
        self.count_missing_anew(&configured).await?;
        Ok(self.tables.applications.resume(id).await?)
    }

    /// Whoever resumes an application, or connects it anew, says that what is missing at its target was deleted there.
    pub(super) async fn count_missing_anew(&self, configured: &Configured) -> Result<(), SetupError> {
        let Application { id, policy, .. } = &configured.application;
        let fuse = Fuse { tables: &self.tables, application: id, limits: policy.fuse };
        Ok(fuse.change(Window::without_missing).await?)
    }

    /// Removes the application: its accounts as `accounts` says, then all that is known of it. It goes in pages; until it is
    /// gone it is seen as being removed. Asked again, it goes on with what is said now.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn remove(
        &self,
        id: &ApplicationId,
        accounts: Departure,
        allowed_removals: Option<u64>,
    ) -> Result<(), SetupError> {
        let before = self.load(id).await?;
        if accounts == Departure::Delete && before.application.refuses_deletion() {
            return Err(SetupError::DeletionRefused(vec!["accounts"]));
        }
        let mut sweep = self.sweep_of(&before, false, allowed_removals)?;
        // Accounts that stay need no requests, only forgetting; the others depart as those who are in no group do.
        let phase = if accounts == Departure::Leave { SweepPhase::Purging } else { SweepPhase::Counting };
        sweep.position = Some(Position { phase, step: Step::Start });
        // Nothing is selected any more: the same planner that removes one person removes all.
        let selection = Selection {
            exclude_group_information: before.selection.exclude_group_information,
            ..Selection::default()
        };
        let application =
            Application { lifecycle: Lifecycle::Removing, policy: departing(accounts), ..before.application };
        let write = ConfigurationWrite {
            selection: Some(selection),
            resume: true,
            sweep: Some(sweep),
            ..ConfigurationWrite::of(application)
        };
        let reason = match accounts {
            Departure::Leave => "the application is being removed; its accounts stay as they are",
            Departure::Deactivate => "the application is being removed; its accounts are deactivated first",
            Departure::Delete => "the application is being removed; its accounts are deleted first",
        };
        self.write(write, EventName::Disable, reason.into()).await
    }
}

/// The policy under which everybody departs.
fn departing(accounts: Departure) -> Policy {
    Policy {
        on_disable: accounts,
        on_unassign: accounts,
        on_delete: accounts,
        on_deselect: match accounts {
            Departure::Leave => DeselectedGroup::Leave,
            Departure::Deactivate => DeselectedGroup::Empty,
            Departure::Delete => DeselectedGroup::Delete,
        },
        grace_seconds: 0,
        ..Policy::default()
    }
}
