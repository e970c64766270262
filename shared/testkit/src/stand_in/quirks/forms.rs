//! The quirks that come in more than one form.

/// How members may be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberRemoval {
    /// By filter and by a list of values.
    #[default]
    Both,
    /// By `members[value eq "id"]` only; a list of values is answered 400 (scim2-server).
    Filter,
    /// By a list of values only; a filter is answered 501.
    Values,
    /// By a filter. A list of values is not looked at: all members are removed (RFC 7644 section 3.5.2.2; targets 2.6, "remove
    /// without filter = remove all members").
    ValuesMeanAll,
}

/// What `replace members` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberReplacement {
    /// It replaces.
    #[default]
    Replaces,
    /// It is answered as done and ignored.
    Ignored,
    /// It adds.
    Adds,
    /// It is answered 400 (AWS).
    Refused,
}

/// What a member that is not there comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownMember {
    /// 400.
    #[default]
    Refused,
    /// 500.
    Fails,
    /// It is left out.
    LeftOut,
    /// It is kept, and shown, though nobody is there.
    Kept,
}

/// Whether and how a group may be renamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupRename {
    /// By PATCH and PUT.
    #[default]
    Any,
    /// By PUT; PATCH is answered 501.
    Put,
    /// Not at all: 400 `mutability`.
    Never,
}

/// How a name that is taken is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Conflict {
    /// 409 `uniqueness`.
    #[default]
    Uniqueness,
    /// 409 without a `scimType`.
    Bare,
    /// 500 with a `scimType`.
    Fails,
    /// 500 without a word of why.
    Broken,
}

/// How a deletion is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deletion {
    /// 204.
    #[default]
    Nothing,
    /// 200 with what was deleted.
    Body,
    /// 405: nothing is deleted.
    Unsupported,
    /// 204, and an account stays, turned off (Asana).
    Deactivates,
    /// 204, and its name is never free again, though nobody is shown to have it (GitHub EMU, Webex).
    ForGood,
}

/// What turning an account off comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deactivation {
    /// `active` is false.
    #[default]
    Kept,
    /// The account is deleted (Sentry, Smartsheet, GitLab groups).
    Deletes,
    /// Its name and addresses are shown as others while it is off, and are not found (GitHub EMU).
    Obfuscates,
}

/// How lists are paged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paging {
    /// By `startIndex` (RFC 7644 section 3.4.2.4).
    #[default]
    Index,
    /// By `cursor` (RFC 9865); without one the first page only, and `startIndex` beyond it is answered 400 (AWS).
    Cursor,
    /// By `cursor` only: a `nextCursor` is given to who never asked for one, `startIndex` is not looked at, and the total is not told
    /// ("a server may return `nextCursor` even if you never asked").
    CursorOnly,
    /// Everything at once, whatever is asked for (Google Cloud Identity).
    Everything,
}

/// What the removal of somebody who is no member comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AbsentMember {
    /// Nothing.
    #[default]
    Nothing,
    /// 400 `noTarget`.
    NoTarget,
    /// 400 without a word of why.
    Bare,
}

/// How ids are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ids {
    /// As texts.
    #[default]
    Texts,
    /// As numbers, also those of members.
    Numbers,
    /// As texts; of users it is the externalId, which goes with it when it changes (GitLab groups).
    ExternalIds,
}

/// What the answer to a POST shows of the new id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NewId {
    /// It is shown.
    #[default]
    Shown,
    /// There is none.
    Missing,
    /// It is an empty text.
    Empty,
}

/// How discovery documents come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Documents {
    /// As lists.
    #[default]
    Lists,
    /// As bare arrays.
    Arrays,
    /// The first only, without a list around it.
    OnlyOne,
    /// 401, whatever the token.
    Unauthorized,
    /// A web page.
    WebPage,
}

/// By what a filter may ask; by anything else it is answered 400 `invalidFilter`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FilterAttributes {
    /// By every attribute.
    #[default]
    Any,
    /// By `userName` and `displayName` (Asana, Zoom).
    Names,
    /// By `id` (GitLab groups).
    Ids,
}

impl Paging {
    /// Whether a cursor is looked at.
    pub(in crate::stand_in) fn is_by_cursor(self) -> bool {
        matches!(self, Self::Cursor | Self::CursorOnly)
    }
}
