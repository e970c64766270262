//! In which forms a target takes what we send. The first form of each is the RFC's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares a choice of forms: plain data, spelled in snake case, whose default is the first.
macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$form_doc:meta])* $form:ident,)* })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$form_doc])* $form,)*
        }

        impl $name {
            /// Every form, the RFC's own first.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$form),*];
        }
    )+ };
}
pub(crate) use forms;

forms! {
    /// Where the discovery documents of RFC 7644 section 4 are.
    Discovery {
        /// `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`.
        Standard,
        /// The configuration stands at `/ServiceProviderConfigs`.
        PluralConfig,
        /// They are not asked for.
        Skip,
    }
    /// The media type of bodies we send (RFC 7644 section 3.8).
    ContentType {
        /// `application/scim+json`
        ScimJson,
        /// `application/json`
        Json,
    }
    /// How a user is changed (RFC 7644 sections 3.5.1 and 3.5.2).
    UserUpdate {
        /// PATCH, an operation per attribute, with its path.
        PatchPath,
        /// PATCH, an operation without a path whose value is an object of attributes.
        PatchObject,
        /// The user is read, the changes are laid over, and he is PUT.
        Put,
    }
    /// How the verbs of PATCH operations are written.
    OperationNames {
        /// `add`, `replace` and `remove`.
        LowerCase,
        /// `Add`, `Replace` and `Remove`.
        Capitalised,
    }
    /// How a group is changed.
    GroupUpdate {
        /// PATCH.
        Patch,
        /// The group is read with its members, the changes are laid over, and it is PUT.
        Put,
    }
    /// How members are added by PATCH.
    MemberAdd {
        /// One operation on `members` whose value is an array.
        Array,
        /// One operation on `members` whose value is an object that holds the array as `members`.
        Nested,
    }
    /// How members are removed by PATCH.
    MemberRemove {
        /// An operation per member: `members[value eq "…"]`.
        Filter,
        /// One operation on `members` whose value is an array of those to remove.
        Array,
        /// The members are read, and the whole list of those who stay replaces them.
        Replace,
    }
    /// How a list goes on behind its first page.
    Paging {
        /// By index (RFC 7644 section 3.4.2.4).
        Index,
        /// By cursor (RFC 9865).
        Cursor,
        /// Not at all: there is one page, which holds everything or is cut off.
        None,
    }
}
