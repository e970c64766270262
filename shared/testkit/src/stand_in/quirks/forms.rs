//! The quirks that come in more than one form.

/// How members may be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberRemoval {
    /// By filter and by a list of values.
    #[default]
    Both,
    /// By `members[value eq "id"]` only; a list of values is answered 400 (servers:24, "remove members by value array |
    /// **400**").
    Filter,
    /// By a list of values only; a filter is answered 501 (servers:41, "while the value-array form works").
    Values,
    /// By a filter. A list of values is not looked at: all members are removed (targets:169, "remove without filter = remove all
    /// members").
    ValuesMeanAll,
}

/// What `replace members` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberReplacement {
    /// It replaces.
    #[default]
    Replaces,
    /// It is answered as done and ignored (servers:41, "answered 200 and ignored").
    Ignored,
    /// It adds (servers:41, "or taken as add").
    Adds,
    /// It is answered 400 (targets:171, "AWS forbids").
    Refused,
}

/// What a member that is not there comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownMember {
    /// 400.
    #[default]
    Refused,
    /// 500 (servers:45, "an unknown member id: 400, 500, or kept").
    Fails,
    /// It is left out (no page: what a target does that takes the others all the same).
    LeftOut,
    /// It is kept, and shown, though nobody is there (servers:45, "an unknown member id: 400, 500, or kept").
    Kept,
}

/// How the verbs of operations are to be written; in another form they are answered 400 `invalidSyntax`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OperationNames {
    /// As one likes.
    #[default]
    Any,
    /// `Add`, `Replace`, `Remove` (targets:168, "some servers only accept capitalised or accept any").
    Capitalised,
    /// `add`, `replace`, `remove` (targets:168, "op lower-case").
    LowerCase,
}

/// How the value of an account's attribute may be taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clearing {
    /// By `remove`, by null, and by PUT.
    #[default]
    Any,
    /// By `replace` with null and by PUT; a `remove` is answered 400 (targets:151, "or replace with null where remove is
    /// rejected").
    Null,
    /// By PUT; a `remove` and a null in a PATCH are answered 400 (targets:176, "Asana: PUT = update/**remove** attributes, PATCH
    /// = add/update").
    Put,
}

/// Whether and how a group may be renamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupRename {
    /// By PATCH and PUT.
    #[default]
    Any,
    /// By PATCH without a path, whose value is an object of `id` and `displayName`, and by PUT; the path is answered 400
    /// (targets:230, "`replace` value `{id, displayName}`").
    Object,
    /// By PUT; PATCH is answered 501 (servers:44, "group rename by PATCH 501, by PUT fine").
    Put,
    /// Not at all: 400 `mutability` (targets:247, "group rename is refused").
    Never,
}

/// How a name that is taken is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Conflict {
    /// 409 `uniqueness`.
    #[default]
    Uniqueness,
    /// 409 without a `scimType` (servers:37, "409 without `scimType`").
    Bare,
    /// 500 with a `scimType` (servers:37, "500 in place of 409").
    Fails,
    /// 500 without a word of why (servers:37, "500 in place of 409").
    Broken,
}

/// How a deletion is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deletion {
    /// 204.
    #[default]
    Nothing,
    /// 200 with what was deleted (servers:37, "DELETE answered 200 with a body").
    Body,
    /// 405: nothing is deleted (targets:214, "**no delete**: active=false").
    Unsupported,
    /// 204, and an account stays, turned off (targets:227, "DELETE → deprovision").
    Deactivates,
    /// 204, and its name is never free again, though nobody is shown to have it (targets:243, "DELETE is irreversible").
    ForGood,
}

/// What turning an account off comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deactivation {
    /// `active` is false.
    #[default]
    Kept,
    /// The account is deleted (targets:243, "`active:false` = removal").
    Deletes,
    /// Its name and addresses are shown as others while it is off, and are not found (targets:245, "obfuscates login and email").
    Obfuscates,
}

/// How lists are paged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paging {
    /// By `startIndex` (RFC 7644 section 3.4.2.4).
    #[default]
    Index,
    /// By `cursor` (RFC 9865); without one the first page only, and `startIndex` beyond it is answered 400 (targets:242, "AWS
    /// without the `cursor` parameter answers in index form").
    Cursor,
    /// By `cursor` only: a `nextCursor` is given to who never asked for one, `startIndex` is not looked at, and the total is not
    /// told (targets:183, "a server may return `nextCursor` even if you never asked").
    CursorOnly,
    /// Everything at once, whatever is asked for (targets:233, "**no paging (index or cursor)").
    Everything,
}

/// What the removal of somebody who is no member comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AbsentMember {
    /// Nothing.
    #[default]
    Nothing,
    /// 400 `noTarget` (targets:143, "**noTarget**").
    NoTarget,
    /// 400 without a word of why (targets:143, "never fail on parse").
    Bare,
}

/// How ids are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ids {
    /// As texts.
    #[default]
    Texts,
    /// As numbers, also those of members (servers:55, "integer ids become strings").
    Numbers,
    /// As texts; of users it is the externalId, which goes with it when it changes (targets:244, "user ids in URLs are the
    /// externalId").
    ExternalIds,
}

/// What the answer to a POST shows of the new id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NewId {
    /// It is shown.
    #[default]
    Shown,
    /// There is none (targets:220, "group `id` is not always returned").
    Missing,
    /// It is an empty text (servers:56, "empty id: stop").
    Empty,
}

/// How discovery documents come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Documents {
    /// As lists.
    #[default]
    Lists,
    /// As bare arrays (targets:152, "also seen as bare array or one schema").
    Arrays,
    /// The first only, without a list around it (targets:152, "also seen as bare array or one schema").
    OnlyOne,
    /// 401, whatever the token (targets:156, "404/401/HTML on discovery").
    Unauthorized,
    /// A web page (targets:156, "404/401/HTML on discovery").
    WebPage,
}

/// By what a filter may ask; by anything else it is answered 400 `invalidFilter`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FilterAttributes {
    /// By every attribute.
    #[default]
    Any,
    /// By `userName` and `displayName` (targets:159, "Asana only `userName`").
    Names,
    /// By those and by `externalId` (targets:209, "on userName, externalId, groups.value").
    NamesAndExternalIds,
    /// By names and by the addresses of accounts (targets:210, "match only on `userName` and `email`").
    NamesAndEmails,
    /// By `id` (targets:159, "GitLab filters only `id eq`").
    Ids,
}

/// An attribute that takes certain values only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownValues {
    /// Its path.
    pub attribute: &'static str,
    /// What it takes.
    pub values: &'static [&'static str],
}

impl Paging {
    /// Whether a cursor is looked at.
    pub(in crate::stand_in) fn is_by_cursor(self) -> bool {
        matches!(self, Self::Cursor | Self::CursorOnly)
    }
}

impl OperationNames {
    /// Whether a verb is written so.
    pub(in crate::stand_in) fn takes(self, verb: &str) -> bool {
        let begins_large = verb.starts_with(|letter: char| letter.is_ascii_uppercase());
        match self {
            Self::Any => true,
            Self::Capitalised => begins_large,
            Self::LowerCase => !verb.contains(|letter: char| letter.is_ascii_uppercase()),
        }
    }
}
