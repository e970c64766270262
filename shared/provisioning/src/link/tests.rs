//! What a link says of the target it is asked about.

use super::*;
use crate::link::Removal;

/// A link of the second target.
fn at_the_second(state: State) -> Link {
    let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
    Link { state, target_generation: 2, doubt: [crate::plan::active()].into(), ..Link::new(key) }
}

#[test]
fn a_create_is_open_at_the_target_it_was_sent_to_and_at_no_other() {
    for state in [State::Creating, State::Conflict] {
        let link = at_the_second(state);
        assert_eq!(
            [1, 2, 3].map(|generation| link.create_is_open(generation)),
            [false, true, false],
            "{state:?}"
        );
    }
}

#[test]
fn a_conflict_is_an_open_create_only_where_something_is_in_doubt_and_no_account_is_known() {
    let open = at_the_second(State::Conflict);
    let settled = Link { doubt: BTreeSet::new(), ..open.clone() };
    let linked = Link { remote_id: RemoteId::new("7"), ..open.clone() };
    assert_eq!([open, settled, linked].map(|link| link.create_is_open(2)), [true, false, false]);
}

#[test]
fn what_was_said_at_one_target_is_left_behind_at_the_next() {
    let before = Link {
        chosen: RemoteId::new("7"),
        removal: Some(Removal::Held { kind: RemovalKind::Removal, since: Timestamp::UNIX_EPOCH }),
        holds_members: true,
        rejected: [(crate::plan::active(), None)].into(),
        members_in_doubt: [("bob".parse().expect("an id"), RemoteId::new("8").expect("an id"))].into(),
        ..at_the_second(State::Linked)
    };
    let mut same = before.clone();
    same.enter(2);
    assert_eq!(same, before);
    let mut next = before;
    next.enter(3);
    assert_eq!(next, Link { target_generation: 3, ..at_the_second(State::Linked) });
}
