//! What the lines of a directory file say.

use std::collections::{BTreeMap, BTreeSet};

use crate::directory::Status;
use crate::ids::SourceId;
use crate::value::Value;

/// What a file says of one attribute. A file that does not have the column says nothing; an empty cell clears.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// The file says nothing: what the directory has stays.
    #[default]
    Keep,
    /// This is the value.
    Set(T),
    /// There is no value any more.
    Clear,
}

impl<T> Edit<T> {
    /// A value, or its absence, that was written.
    pub fn written(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<T: Clone> Edit<T> {
    /// What becomes of the value the directory has.
    pub fn over(&self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Set(value) => Some(value.clone()),
            Self::Clear => None,
        }
    }
}

/// A user as a line has him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUser {
    /// The line, counted from 1.
    pub line: u64,
    /// The source's immutable key, where the file has one for him.
    pub source_id: Option<SourceId>,
    /// Unique within the file, without regard to case.
    pub username: String,
    /// The e-mail address.
    pub email: Edit<String>,
    /// The given name.
    pub first_name: Edit<String>,
    /// The family name.
    pub last_name: Edit<String>,
    /// The full name.
    pub display_name: Edit<String>,
    /// Whether he may sign in; `None` where the file does not say.
    pub status: Option<Status>,
    /// All his groups, as indexes into [`super::DirectoryFile::groups`]; `None` where the file does not say.
    pub groups: Option<BTreeSet<usize>>,
    /// Custom attributes. One that is not here is kept.
    pub custom: BTreeMap<String, Edit<Value>>,
}

/// A group that the file names, in a line of its own or on a user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGroup {
    /// The line that named it first.
    pub line: u64,
    /// The source's immutable key, where the file has one for it.
    pub source_id: Option<SourceId>,
    /// Its name, as it was spelt first.
    pub name: String,
    /// Other spellings that differ in case only.
    pub also_spelt: BTreeSet<String>,
}
