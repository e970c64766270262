//! The kinds of problems.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:ident, $title:literal, $example:literal;)+) => {
        /// A kind of problem, by what the caller does about it. Its name in the URI never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $($(#[$doc])* $name,)+
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The last part of its URI.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// The status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The kind in words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// A detail as it may read, for the document.
            pub const fn example(self) -> &'static str {
                match self { $(Self::$name => $example,)+ }
            }
        }
    };
}

kinds! {
    /// The body is not JSON of the documented form.
    InvalidBody = "invalid-body", BAD_REQUEST, "The body cannot be read",
        "the field 'username' cannot be used";
    /// A query parameter is unknown, or cannot be read.
    InvalidQuery = "invalid-query", BAD_REQUEST, "The query cannot be used",
        "the query parameter 'cursor' cannot be used";
    /// A header cannot be read.
    InvalidHeader = "invalid-header", BAD_REQUEST, "A header cannot be read",
        "If-Match is not a list of entity tags in double quotes";
    /// No credentials, or none that are valid.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Who calls is not known",
        "send a valid token in the header Authorization, as 'Bearer <token>'";
    /// The caller has not the role for it.
    Forbidden = "forbidden", FORBIDDEN, "The caller may not do this",
        "the role 'read-only' changes nothing";
    /// There is no such object.
    NotFound = "not-found", NOT_FOUND, "It is not there", "there is no user '4711'";
    /// The user is active, so there is nothing to receipt.
    NotOffboarded = "not-offboarded", NOT_FOUND, "The user is active", "he is active; POST to this path offboards him";
    /// There is no such route.
    UnknownRoute = "unknown-route", NOT_FOUND, "There is no such route", "there is no route '/v1/usres'";
    /// The route has no such method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The route has no such method",
        "this route has no DELETE; the header Allow lists what it has";
    /// Another user or group bears the name.
    NameTaken = "name-taken", CONFLICT, "The name is taken",
        "the name 'Ada' is taken by '4711', without regard to case";
    /// Another user or group has the source id.
    SourceIdTaken = "source-id-taken", CONFLICT, "The source id is taken",
        "the source id 'hr-7' is taken by '4711'";
    /// Somebody else changed it at the same time.
    ChangedMeanwhile = "changed-meanwhile", CONFLICT, "It was changed at the same time",
        "it was changed at the same time; read it again";
    /// A custom attribute is mapped by applications.
    AttributeInUse = "attribute-in-use", CONFLICT, "The attribute is in use",
        "'cost_center' is mapped by the applications 'CRM'; take it out of their mappings first";
    /// The type of a custom attribute does not change.
    AttributeTypeFixed = "attribute-type-fixed", CONFLICT, "The type of an attribute does not change",
        "'cost_center' is a string; define an attribute of another name";
    /// The catalog's entry cannot be provisioned.
    NotProvisionable = "not-provisionable", CONFLICT, "The application cannot be provisioned",
        "the catalog's entry 'wiki' has no provisioning";
    /// The application is not connected, so nothing is known of what its target takes.
    NotConnected = "not-connected", CONFLICT, "The application is not connected",
        "the application is not connected yet; connect it first";
    /// Steps are missing before the application can be enabled.
    NotReady = "not-ready", CONFLICT, "The application cannot be enabled yet",
        "the application cannot be enabled yet: connect it to its SCIM endpoint; select at least one group";
    /// What the preview says is not what would happen now.
    PreviewOutdated = "preview-outdated", CONFLICT, "The preview does not say what would happen now",
        "of 2 users and groups something else would be done now; make another preview, or enable without naming one";
    /// The application is not enabled.
    NotEnabled = "not-enabled", CONFLICT, "The application is not enabled", "the application is not enabled";
    /// The user is in no selected group, or is not active.
    NotWanted = "not-wanted", CONFLICT, "No account is wanted for the user",
        "the user is in no selected group, so no account is wanted for him";
    /// The account is another's, or the user has another one.
    AccountTaken = "account-taken", CONFLICT, "The account or the user is linked already",
        "the account is the counterpart of crm#user#4711";
    /// Nothing was seen to be changed at the target.
    NoDrift = "no-drift", CONFLICT, "Nothing was seen to be changed at the target",
        "nothing was seen to be changed at the target";
    /// The application is being removed.
    BeingRemoved = "being-removed", CONFLICT, "The application is being removed",
        "the application 'crm' is being removed";
    /// What is held is not what a person looked at.
    AnotherList = "another-list", CONFLICT, "The list is another one by now",
        "by now the list is another one, of 51 accounts, 0 groups, 0 memberships and 0 changes; look at it again";
    /// The connection leads to another tenant than the one whose accounts were linked.
    TargetChanged = "target-changed", CONFLICT, "The connection leads to another tenant",
        "of 5 accounts that were linked, 0 are there as they were, 0 are not there, and under the ids of 5 there is somebody else";
    /// An enabled application keeps at least one group.
    EmptySelection = "empty-selection", CONFLICT, "No group would be selected any more",
        "no group would be selected any more, and every account would go; disable the application first, or remove it";
    /// The import takes no parts, or no commit, any more.
    ImportNotOpen = "import-not-open", CONFLICT, "The import does not take this any more",
        "the import is running; begin a new one";
    /// Parts of an import's file are missing.
    PartsMissing = "parts-missing", CONFLICT, "Parts are missing",
        "the parts 2, 3 are missing; upload them and commit again";
    /// Another import runs.
    ImportUnderWay = "import-under-way", CONFLICT, "Another import is under way",
        "the import '4711' is under way; wait for its end, or cancel it";
    /// The object is not in the version that was read.
    Stale = "stale", PRECONDITION_FAILED, "It was changed since it was read",
        "If-Match names another version; read it again";
    /// Too large.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is too large", "a body has at most 4000000 bytes";
    /// The body is not of a media type that is taken here.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type is not taken here",
        "send the body as application/json";
    /// The body is well formed, but what it says cannot be.
    InvalidValue = "invalid-value", UNPROCESSABLE_ENTITY, "A value cannot be used",
        "the field 'custom.floor' cannot have this value";
    /// The target does not take the connection.
    TargetRefused = "target-refused", UNPROCESSABLE_ENTITY, "The target does not take the connection",
        "the target answered 401 Unauthorized";
    /// A write of configuration must say which version it changes.
    IfMatchRequired = "if-match-required", PRECONDITION_REQUIRED, "If-Match is required",
        "read it first, and send its ETag as If-Match";
    /// A bug, or an item that cannot be read.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something is wrong on our side",
        "the log tells more";
    /// A table does not answer.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available at the moment",
        "a table does not answer; nothing is known to have changed";
    /// It took too long.
    TimedOut = "timed-out", SERVICE_UNAVAILABLE, "It took too long",
        "there was no answer within 20 s; what was asked may have been done";
}

impl ProblemKind {
    /// Its URI, relative to the API's own.
    pub fn uri(self) -> String {
        format!("/problems/{}", self.slug())
    }
}

impl Serialize for ProblemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("/problems/{}", self.slug()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_kinds_share_a_uri() {
        let uris: HashSet<_> = ProblemKind::ALL.iter().map(|kind| kind.uri()).collect();
        assert_eq!(uris.len(), ProblemKind::ALL.len());
    }

    #[test]
    fn every_kind_is_an_error() {
        for kind in ProblemKind::ALL {
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
        }
    }
}
