//! Ids of what an import creates.

use std::collections::HashSet;

use uuid::Uuid;

use crate::folding::folded;
use crate::ids::{GroupId, IdError, SourceId, UserId};

/// Makes ids from names, the same ones every time: a run that begins with an empty directory gives everybody the id,
/// and so the externalId, he had in the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespace(Uuid);

impl Namespace {
    /// The namespace of the directory with this name.
    pub fn of(directory: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("rollcall:{directory}").as_bytes()))
    }

    /// The id of a new user. One that is `taken` (its bearer was renamed since) is passed over: ids are never reused.
    ///
    /// # Errors
    ///
    /// None: a UUID is an id.
    pub fn user(
        self,
        source_id: Option<&SourceId>,
        username: &str,
        taken: &HashSet<&str>,
    ) -> Result<UserId, IdError> {
        self.free("user", source_id, username, taken).parse()
    }

    /// The id of a new group.
    ///
    /// # Errors
    ///
    /// None: a UUID is an id.
    pub fn group(
        self,
        source_id: Option<&SourceId>,
        name: &str,
        taken: &HashSet<&str>,
    ) -> Result<GroupId, IdError> {
        self.free("group", source_id, name, taken).parse()
    }

    fn free(self, kind: &str, source_id: Option<&SourceId>, name: &str, taken: &HashSet<&str>) -> String {
        let mut text = match source_id {
            Some(id) => format!("{kind}-id:{id}"),
            None => format!("{kind}:{}", folded(name)),
        };
        loop {
            let id = Uuid::new_v5(&self.0, text.as_bytes()).to_string();
            if !taken.contains(id.as_str()) {
                return id;
            }
            // A control character is in no name, so this is nobody else's text.
            text.push('\n');
        }
    }
}
