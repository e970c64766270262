//! What real targets do differently from the RFC, as switches.

/// In what a stand-in differs from RFC 7644. All off by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    /// PATCH is answered 501.
    pub no_patch: bool,
    /// A filter is answered 400 `invalidFilter`.
    pub no_filter: bool,
    /// A filter is ignored: the whole list comes back.
    pub ignore_filter: bool,
    /// The members in the POST of a group are ignored.
    pub post_ignores_members: bool,
    /// A PATCH is answered 200 with the resource instead of 204.
    pub patch_answers_200: bool,
    /// A POST is answered 201 without a body.
    pub post_answers_nothing: bool,
    /// Behind the last page the last row comes again, and `totalResults` is not told.
    pub repeats_past_the_end: bool,
    /// There are no discovery documents: 404.
    pub no_discovery: bool,
    /// There is no `/Groups`: 404.
    pub no_groups: bool,
}
