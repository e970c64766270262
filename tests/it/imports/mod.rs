//! Imports as jobs, on real tables: files are uploaded in parts, laid over the directory page by page, and end the same
//! whatever dies on the way.

mod deaths;
mod scenarios;

use std::collections::BTreeSet;

use provisioning::directory::file::Format;
use provisioning::directory::import::Snapshot;
use provisioning::directory::import_job::{Import, ImportState, Request};
use provisioning::directory::{Status, UserRecord};
use provisioning::ids::JobId;
use provisioning::value::Value;

use crate::world::{Run, World};

/// One user as people would write him down: name, email, whether he is active, title, groups.
type Written = (String, Option<String>, bool, Option<String>, Vec<String>);

pub(crate) const COMPLETE: Request = Request { complete: true, dry_run: false, allow_removals: Some(1_000) };
pub(crate) const PARTIAL: Request = Request { complete: false, dry_run: false, allow_removals: Some(1_000) };

impl World {
    /// Uploads a file in parts of this many bytes.
    pub(crate) async fn upload(&self, format: Format, text: &str, part: usize) -> JobId {
        let id = self.imports.create(format).await.unwrap().id;
        for (number, bytes) in (1..).zip(text.as_bytes().chunks(part)) {
            self.imports.put_part(&id, number, bytes).await.unwrap();
        }
        id
    }

    async fn import(&self, id: &JobId) -> Import {
        self.imports.import(id).await.unwrap().expect("the import").1
    }

    /// Imports a CSV file and says how it ended.
    pub(crate) async fn imported(&mut self, text: &str, request: Request) -> Import {
        let id = self.upload(Format::CommaSeparated, text, 1_000).await;
        self.committed(&id, request).await
    }

    pub(crate) async fn committed(&mut self, id: &JobId, request: Request) -> Import {
        self.imports.commit(id, request).await.unwrap();
        assert!(matches!(self.run(None).await, Run::Quiet { .. }));
        let import = self.import(id).await;
        assert_ne!(import.state, ImportState::Running, "{import:?}");
        import
    }

    /// Everybody in the directory.
    async fn people(&self) -> BTreeSet<Written> {
        let snapshot = Snapshot::read(self.tables.directory.as_ref()).await.unwrap();
        let written = snapshot.users.values().map(|user| {
            let groups = snapshot.memberships.get(&user.id).into_iter().flatten();
            let mut groups: Vec<_> = groups.map(|id| snapshot.groups[id].name.clone()).collect();
            groups.sort();
            let title = match user.custom.get("title") {
                Some(Value::Text(text)) => Some(text.clone()),
                _ => None,
            };
            (user.username.clone(), user.email.clone(), user.status == Status::Active, title, groups)
        });
        written.collect()
    }

    /// The names of all groups.
    async fn groups(&self) -> BTreeSet<String> {
        let snapshot = Snapshot::read(self.tables.directory.as_ref()).await.unwrap();
        snapshot.groups.into_values().map(|group| group.name).collect()
    }

    async fn record(&self, username: &str) -> Option<UserRecord> {
        let id = self.tables.directory.user_named(username).await.unwrap()?;
        self.tables.directory.user(&id).await.unwrap()
    }

    /// Line, name, result and first problem of every line.
    async fn lines(&self, id: &JobId) -> Vec<(u64, String, String, String)> {
        let (mut lines, mut behind) = (Vec::new(), None);
        loop {
            let page = self.imports.lines(id, None, behind, 2).await.unwrap();
            lines.extend(page.entries.into_iter().map(|entry| {
                let problem =
                    entry.problems.first().map(|problem| problem.detail.clone()).unwrap_or_default();
                (entry.line, entry.name, format!("{:?}", entry.result), problem)
            }));
            behind = page.next;
            if behind.is_none() {
                return lines;
            }
        }
    }
}
