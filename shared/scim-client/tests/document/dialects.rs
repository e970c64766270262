//! Every dialect: each form in which a target can be spoken to, and each operation in each form that makes a difference to it. What
//! is not in `docs/SCIM.md` is missed here, also where it is added later: the lists come from the declarations of the dialects.

use catalog::{
    ContentType, Discovery, GroupUpdate, MatchAttribute, MemberAdd, MemberRemove, OperationNames, Paging,
    UserUpdate,
};
use provisioning::target::{Capabilities, Kind, Write};

use crate::cases::{Act, Case};

/// Whether a target is spoken to so.
type IsSpoken = Box<dyn Fn(&Capabilities) -> bool>;
/// A target, spoken to in other forms.
type Otherwise = Box<dyn Fn(&Capabilities) -> Vec<Capabilities>>;

/// One form of one dialect.
pub struct Form {
    /// The dialect and the form, for people.
    pub name: String,
    /// Whether a target takes this form.
    pub is_spoken: IsSpoken,
    /// The same target, spoken to in each other form.
    pub otherwise: Otherwise,
}

/// Declares the dialects. Each field of [`Capabilities`] is one, or is named among those that have no part in a request.
macro_rules! dialects {
    ($($dialect:ident: $forms:expr,)+; decided before: $($before:ident),+) => {
        /// Every form of every dialect.
        pub fn forms() -> Vec<Form> {
            // No field is left out.
            let Capabilities { $($dialect: _,)+ $($before: _,)+ } = Capabilities::default();
            let mut forms = Vec::new();
            $(for form in $forms {
                let (this, others) = (form.clone(), $forms.to_vec());
                forms.push(Form {
                    name: format!("{}: {form:?}", stringify!($dialect)),
                    is_spoken: Box::new(move |spoken: &Capabilities| spoken.$dialect == this),
                    otherwise: Box::new(move |spoken: &Capabilities| {
                        let others = others.iter().filter(|other| **other != spoken.$dialect);
                        others.map(|other| Capabilities { $dialect: other.clone(), ..spoken.clone() }).collect()
                    }),
                });
            })+
            forms
        }
    };
}

dialects! {
    discovery: Discovery::ALL,
    content_type: ContentType::ALL,
    user_update: UserUpdate::ALL,
    operation_names: OperationNames::ALL,
    group_update: GroupUpdate::ALL,
    member_add: MemberAdd::ALL,
    member_remove: MemberRemove::ALL,
    operations_per_request: &[10_000, 1],
    page_size: &[200, 50],
    paging: Paging::ALL,
    filter: &[true, false],
    match_attributes: &[Capabilities::default().match_attributes, vec![MatchAttribute::Id]],
    excludes_attributes: &[true, false],
    shows_members: &[true, false],;
    // Whether there are groups, whether one is renamed, and how many members a request names are not the client's to decide.
    decided before: groups, members_per_request, bytes_per_request, group_rename, layers
}

/// What an update does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    SetsOne,
    SetsSeveral,
    Clears,
    TurnsOff,
    AddsMembers,
    RemovesMembers,
    MovesMembers,
    Renames,
}

/// What the update of a case does; `None` where it is no update.
pub fn does(case: &Case) -> Option<Does> {
    let Act::Write(Write::Update { kind, changes, add, remove, .. }) = &case.act else { return None };
    let clears = changes.iter().any(|change| change.new.is_none());
    let turns_off = changes.iter().any(|change| change.attribute.to_string() == "active");
    Some(match (kind, changes.len(), add.is_empty(), remove.is_empty()) {
        (Kind::Group, 0, false, true) => Does::AddsMembers,
        (Kind::Group, 0, true, _) => Does::RemovesMembers,
        (Kind::Group, 0, false, false) => Does::MovesMembers,
        (Kind::Group, ..) => Does::Renames,
        (Kind::User, 1, ..) if turns_off => Does::TurnsOff,
        (Kind::User, 1, ..) if !clears => Does::SetsOne,
        (Kind::User, ..) if changes.iter().all(|change| change.new.is_none()) => Does::Clears,
        (Kind::User, ..) => Does::SetsSeveral,
    })
}

/// What a form of speech must have an example of.
pub struct Demand {
    pub does: Does,
    pub name: String,
    pub is_spoken: IsSpoken,
}

/// Every operation in each form that makes a difference to it.
pub fn demands() -> Vec<Demand> {
    let mut demands = Vec::new();
    let mut demand = |does, name: String, is_spoken: IsSpoken| {
        demands.push(Demand { does, name, is_spoken });
    };
    for update in UserUpdate::ALL.iter().copied() {
        for does in [Does::SetsOne, Does::SetsSeveral, Does::Clears, Does::TurnsOff] {
            demand(does, format!("{update:?}"), Box::new(move |spoken| spoken.user_update == update));
        }
    }
    for add in MemberAdd::ALL.iter().copied() {
        let patched = move |spoken: &Capabilities| {
            spoken.group_update == GroupUpdate::Patch && spoken.member_add == add
        };
        demand(Does::AddsMembers, format!("{add:?}"), Box::new(patched));
        for remove in MemberRemove::ALL.iter().copied() {
            let removed = move |spoken: &Capabilities| patched(spoken) && spoken.member_remove == remove;
            demand(Does::MovesMembers, format!("{add:?} and {remove:?}"), Box::new(removed));
        }
    }
    for remove in MemberRemove::ALL.iter().copied() {
        let removed = move |spoken: &Capabilities| {
            spoken.group_update == GroupUpdate::Patch && spoken.member_remove == remove
        };
        demand(Does::RemovesMembers, format!("{remove:?}"), Box::new(removed));
    }
    for update in GroupUpdate::ALL.iter().copied() {
        for does in [Does::AddsMembers, Does::RemovesMembers, Does::MovesMembers, Does::Renames] {
            demand(does, format!("{update:?}"), Box::new(move |spoken| spoken.group_update == update));
        }
    }
    demands
}
