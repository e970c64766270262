//! What is known of one application's SCIM endpoint. Every field names its source; what has none is absent, and generic
//! behaviour applies.

mod dialect;
mod fact;

use std::collections::BTreeMap;

pub use dialect::{
    ContentType, Discovery, GroupUpdate, MemberAdd, MemberRemove, OperationNames, Paging, UserUpdate,
};
pub use fact::{Deactivation, Deletion, GroupRename, MatchAttribute, Operations, Rate};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A value and where it is known from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// A key of the profile's sources.
    pub source: String,
}

/// Where something was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfileSource)]
pub struct Source {
    /// The page, or the file in a public repository.
    pub url: String,
    /// The day it was read, `YYYY-MM-DD`.
    pub read: String,
    /// Whose words it has.
    pub evidence: Evidence,
}

/// Whose words a source has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The vendor's own documentation or source code.
    Vendor,
    /// Another client's documentation or source code.
    Secondary,
}

/// What stands in a field that is there. A field of which nothing is known is absent; `null` is refused, for it could be meant to clear.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Declares [`Settings`] and [`Profile`] from one list, so that they cannot grow apart.
macro_rules! profile {
    (
        settings { $($(#[$set_doc:meta])* $set:ident: $set_type:ty,)+ }
        facts { $($(#[$fact_doc:meta])* $fact:ident: $fact_type:ty,)+ }
    ) => {
        /// How a target is spoken to, as far as one origin says: a profile, the target itself, or an administrator.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        #[schema(as = ProfileSettings, example = json!({"user_update": "put", "members_per_request": 50}))]
        pub struct Settings { $(
            $(#[$set_doc])*
            #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub $set: Option<$set_type>,
        )+ }

        impl Settings {
            /// The name of every field.
            pub const NAMES: &[&str] = &[$(stringify!($set)),+];

            /// What is said here, and of what is not said here what `lower` says.
            pub fn over(self, lower: Self) -> Self {
                Self { $($set: self.$set.or(lower.$set),)+ }
            }

            /// The names of the fields that something is said of.
            pub fn named(&self) -> Vec<&'static str> {
                let mut named = Vec::new();
                $(if self.$set.is_some() { named.push(stringify!($set)); })+
                named
            }

            /// Whether nothing is said.
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }
        }

        /// What is known of an application's SCIM endpoint.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Profile {
            $(
                $(#[$set_doc])*
                #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
                #[schema(nullable = false)]
                pub $set: Option<Sourced<$set_type>>,
            )+
            $(
                $(#[$fact_doc])*
                #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
                #[schema(nullable = false)]
                pub $fact: Option<Sourced<$fact_type>>,
            )+
            /// Where it all was read, by the names that the fields use.
            #[serde(default)]
            pub sources: BTreeMap<String, Source>,
        }

        impl Profile {
            /// How the target is spoken to, without the sources.
            pub fn settings(&self) -> Settings {
                Settings { $($set: self.$set.as_ref().map(|known| known.value.clone()),)+ }
            }

            /// The most requests a second that the target takes of all kinds together, where it is known.
            pub fn requests_per_second(&self) -> Option<f64> {
                let rates = self.rates.iter().flat_map(|rates| &rates.value);
                let of_all = rates.filter(|rate| rate.operations == Operations::All);
                of_all.map(|rate| f64::from(rate.requests) / f64::from(rate.seconds)).min_by(f64::total_cmp)
            }

            /// Every field that is known, with the source it names.
            pub fn references(&self) -> Vec<(&'static str, &str)> {
                let mut references = Vec::new();
                $(if let Some(known) = &self.$set { references.push((stringify!($set), known.source.as_str())); })+
                $(if let Some(known) = &self.$fact { references.push((stringify!($fact), known.source.as_str())); })+
                references
            }
        }
    };
}

profile! {
    settings {
        /// Where the discovery documents are.
        discovery: Discovery,
        /// The media type of bodies.
        content_type: ContentType,
        /// How a user is changed.
        user_update: UserUpdate,
        /// How the verbs of PATCH operations are written.
        operation_names: OperationNames,
        /// Whether it has groups.
        groups: bool,
        /// How a group is changed.
        group_update: GroupUpdate,
        /// How members are added by PATCH.
        member_add: MemberAdd,
        /// How members are removed by PATCH.
        member_remove: MemberRemove,
        /// Most members named in one request; a group is made with no more.
        members_per_request: u32,
        /// Most operations in one PATCH.
        operations_per_request: u32,
        /// Most bytes in the body of one request that names members.
        bytes_per_request: u32,
        /// Rows asked for per page.
        page_size: u32,
        /// How a list goes on behind its first page.
        paging: Paging,
        /// Whether filters work. What comes back is checked in any case.
        filter: bool,
        /// By what accounts may be looked for with a filter. Where that is nothing we know of them, the list is read.
        match_attributes: Vec<MatchAttribute>,
        /// Whether `excludedAttributes` may be asked for.
        excludes_attributes: bool,
        /// Whether the members of a group are shown when it is read.
        shows_members: bool,
        /// What becomes of a group whose name changes.
        group_rename: GroupRename,
    }
    facts {
        /// The name of a group must not begin with this.
        refused_group_prefix: String,
        /// What `active: false` does.
        deactivation: Deactivation,
        /// What DELETE does.
        deletion: Deletion,
        /// The id of an account is the externalId it was given.
        id_is_external_id: bool,
        /// Attributes without which an account is refused.
        required_attributes: Vec<String>,
        /// Only these attributes of an account can be changed once it is there.
        updatable_attributes: Vec<String>,
        /// A multi-valued attribute holds one value only.
        single_values: bool,
        /// Attributes that do not show what was sent until somebody else confirmed it.
        unconfirmed_attributes: Vec<String>,
        /// Most characters of a user name.
        user_name_longest: u32,
        /// A user name is an e-mail address.
        user_name_is_email: bool,
        /// How many requests it takes in a time.
        rates: Vec<Rate>,
        /// How many days a token lives.
        token_days: u32,
    }
}
