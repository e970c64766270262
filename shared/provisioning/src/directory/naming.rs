//! By what people and files name a user: his username, his id, or the id his source gave him.

use crate::ids::{SourceId, UserId};
use crate::ports::{DirectoryStore, StoreResult};

/// What names a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming<'a> {
    /// His username, without regard to case.
    Username(&'a str),
    /// His id.
    Id(&'a str),
    /// His source id.
    SourceId(&'a str),
    /// Any of them, in this order.
    Any(&'a str),
}

impl<'a> Naming<'a> {
    /// The text that was given.
    pub fn text(self) -> &'a str {
        match self {
            Self::Username(text) | Self::Id(text) | Self::SourceId(text) | Self::Any(text) => text,
        }
    }

    /// The user, unless he is deleted.
    ///
    /// # Errors
    ///
    /// The directory did not answer.
    pub async fn find(self, directory: &dyn DirectoryStore) -> StoreResult<Option<UserId>> {
        let text = self.text();
        if matches!(self, Self::Username(_) | Self::Any(_))
            && let Some(user) = present(directory, directory.user_named(text).await?).await?
        {
            return Ok(Some(user));
        }
        if matches!(self, Self::Id(_) | Self::Any(_))
            && let Some(user) = present(directory, text.parse().ok()).await?
        {
            return Ok(Some(user));
        }
        match self {
            Self::SourceId(_) | Self::Any(_) => {
                let found = directory.user_from_source(&SourceId(text.to_owned())).await?;
                present(directory, found).await
            }
            Self::Username(_) | Self::Id(_) => Ok(None),
        }
    }
}

async fn present(directory: &dyn DirectoryStore, user: Option<UserId>) -> StoreResult<Option<UserId>> {
    let Some(user) = user else { return Ok(None) };
    let found = directory.users(std::slice::from_ref(&user)).await?;
    Ok(found.get(&user).is_some_and(|user| !user.deleting).then_some(user))
}
