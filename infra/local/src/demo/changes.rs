//! Four changes of the kind every directory sees daily, and the requests they take.

use std::time::Duration;

use jiff::Timestamp;
use provisioning::directory::{Status, User};
use provisioning::ids::GroupId;
use provisioning::ports::UserWrite;
use provisioning::value::Value;
use testkit::LoggedRequest;

use super::Demo;
use crate::ending::CommandError;

/// What is due within this time belongs to the change.
const HORIZON: Duration = Duration::from_secs(5);
/// Most characters shown of a request's body.
const BODY: usize = 400;

impl Demo<'_> {
    pub(super) async fn make_changes(&self) -> Result<(), CommandError> {
        let users = self.active_users().await?;
        let [renamed, leaver, joiner, promoted, ..] = users.as_slice() else {
            return Err(CommandError::Failed("the sample directory has too few users".into()));
        };

        let mut new = renamed.clone();
        new.username = format!("{}-newname", renamed.username);
        let what = format!("a rename: {} is {} now", renamed.username, new.username);
        self.change(&what, renamed, new, None).await?;

        let new = User { status: Status::Disabled, ..leaver.clone() };
        self.change(&format!("a leaver: {} is disabled", leaver.username), leaver, new, None).await?;

        let (group, name) = self.group_without(joiner).await?;
        let what = format!("a new member: {} joins {name}", joiner.username);
        self.change(&what, joiner, joiner.clone(), Some(group)).await?;

        let mut new = promoted.clone();
        new.custom.insert("title".into(), Value::from("Chief of Everything"));
        self.change(&format!("a new title for {}", promoted.username), promoted, new, None).await
    }

    /// Writes one change to the directory and shows what it sends.
    async fn change(
        &self,
        what: &str,
        old: &User,
        new: User,
        join: Option<GroupId>,
    ) -> Result<(), CommandError> {
        self.target.clear_log();
        self.traffic.take();
        let write =
            UserWrite { old: Some(old.clone()), new, join: join.into_iter().collect(), leave: [].into() };
        let changed = self.engine.clock().now();
        self.engine.tables().directory.write_user(&write).await.map_err(CommandError::failed)?;
        self.engine.until_idle(HORIZON).await.map_err(CommandError::failed)?;
        self.console.say(&format!("\n{what}; {}", self.in_step_after(changed).await?));
        let mut timed = self.traffic.take();
        for request in self.target.requests() {
            // The stand-in knows the body, the client how long it took.
            let position = timed
                .iter()
                .position(|note| note.method == request.method && request.path.starts_with(&note.path));
            let millis = position.map(|position| timed.remove(position).millis);
            self.console.say(&shown(&request, millis));
        }
        Ok(())
    }

    async fn in_step_after(&self, changed: Timestamp) -> Result<String, CommandError> {
        let newest = self.newest(20).await?;
        let settled = newest.iter().map(|outcome| outcome.at).filter(|at| *at >= changed).max();
        Ok(settled.map_or_else(
            || "nothing to send".to_owned(),
            |at| format!("in step {} ms after the change", at.duration_since(changed).as_millis()),
        ))
    }

    async fn active_users(&self) -> Result<Vec<User>, CommandError> {
        let mut active = Vec::new();
        let mut cursor = None;
        loop {
            let page =
                self.engine.tables().directory.everything(cursor).await.map_err(CommandError::failed)?;
            active.extend(page.items.into_iter().filter_map(|item| match item {
                provisioning::ports::DirectoryItem::User(user) if user.status == Status::Active => Some(user),
                _ => None,
            }));
            cursor = page.next;
            if cursor.is_none() {
                active.sort_by(|a: &User, b| a.source_id.cmp(&b.source_id));
                return Ok(active);
            }
        }
    }

    async fn group_without(&self, user: &User) -> Result<(GroupId, String), CommandError> {
        let directory = &self.engine.tables().directory;
        let record = directory.user(&user.id).await.map_err(CommandError::failed)?;
        let own = record.map(|record| record.groups).unwrap_or_default();
        let configured =
            self.engine.tables().applications.load(&self.application).await.map_err(CommandError::failed)?;
        for id in configured.into_iter().flat_map(|configured| configured.selection.groups) {
            if !own.contains(&id)
                && let Some(group) = directory.group(&id).await.map_err(CommandError::failed)?
            {
                return Ok((id, group.name));
            }
        }
        Err(CommandError::Failed("the sample directory has no group left to join".into()))
    }
}

fn shown(request: &LoggedRequest, millis: Option<u64>) -> String {
    let millis = millis.map(|millis| format!("  {millis} ms")).unwrap_or_default();
    let head = format!("  {} {}  {}{millis}", request.method, request.path, request.status);
    match &request.body {
        Some(body) => {
            let body = body.to_string();
            let cut: String = body.chars().take(BODY).collect();
            let more = if cut.len() < body.len() { " …" } else { "" };
            format!("{head}\n    {cut}{more}")
        }
        None => head,
    }
}
