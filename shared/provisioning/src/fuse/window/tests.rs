use super::*;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(hours * HOUR_SECONDS).expect("a time")
}

/// A window after this many removals, and whether the last of them was let through.
fn after(removals: usize, linked: Option<u64>) -> (Window, bool) {
    let mut window = Window { linked, ..Window::default() };
    for _ in 0..removals {
        match window.let_through(Removes::Account, &Limits::default(), at(0)) {
            Ok(next) => window = next,
            Err(blown) => return (*blown, false),
        }
    }
    (window, true)
}

#[test]
fn the_fifty_first_account_within_a_day_blows_the_fuse() {
    assert!(after(50, Some(10_000)).1);
    let (window, passed) = after(51, Some(10_000));
    assert!(!passed);
    let blown = window.blown.clone().expect("blown");
    assert_eq!(blown.why, "within 24 hours 51 of 10000 linked accounts would be removed, more than 50");
    assert_eq!(window.counted(at(0)).accounts, 50, "who is held does not count");
}

#[test]
fn from_the_fifth_on_more_than_a_tenth_of_what_was_linked_blows_it() {
    assert!(after(4, Some(4)).1);
    assert!(!after(5, Some(49)).1);
    assert!(after(5, Some(50)).1);
}

#[test]
fn without_a_count_only_the_number_stands() {
    assert!(after(50, None).1);
    assert!(!after(51, None).1);
}

#[test]
fn once_blown_nothing_goes_until_a_person_decided() {
    let (blown, _) = after(51, None);
    for hours in [0, 48, 4_800] {
        assert!(blown.let_through(Removes::Account, &Limits::default(), at(hours)).is_err(), "{hours}");
    }
    let renewed = blown.renewed();
    assert!(renewed.let_through(Removes::Account, &Limits::default(), at(0)).is_ok());
    assert_eq!(renewed.counted(at(0)), Counted::default());
    assert!(renewed.revision > blown.revision);
}

#[test]
fn a_day_later_what_went_counts_no_more() {
    let (window, _) = after(50, None);
    assert_eq!(window.counted(at(23)).accounts, 50);
    assert!(window.let_through(Removes::Account, &Limits::default(), at(23)).is_err());
    assert_eq!(window.counted(at(24)).accounts, 0);
    let next = window.let_through(Removes::Account, &Limits::default(), at(24)).expect("let through");
    assert_eq!(next.hours.len(), 1, "and is forgotten");
}

#[test]
fn what_would_blow_it_is_foreseen_and_changes_nothing() {
    let window = Window::default();
    let more = |accounts| Counted { accounts, ..Counted::default() };
    let linked = Linked { accounts: 50, ..Linked::default() };
    assert_eq!(window.foresees(more(5), linked, &Limits::default(), at(0)), None);
    let why = window.foresees(more(6), linked, &Limits::default(), at(0)).expect("it is held");
    assert!(why.contains("6 of 50 linked accounts"), "{why}");
    let blown = window.blow("too much".into(), at(0));
    assert_eq!(blown.foresees(more(1), linked, &Limits::default(), at(0)).as_deref(), Some("too much"));
    assert_eq!(blown.foresees(more(0), linked, &Limits::default(), at(0)), None);
}

#[test]
fn the_sixth_group_blows_it() {
    let mut window = Window::default();
    for _ in 0..5 {
        window = window
            .let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
            .expect("let through");
    }
    let blown =
        window.let_through(Removes::Group { members: 0 }, &Limits::default(), at(0)).expect_err("too many");
    assert!(blown.let_through(Removes::Account, &Limits::default(), at(0)).is_err(), "accounts wait too");
}

#[test]
fn from_the_fifth_on_more_than_a_tenth_of_the_linked_groups_blows_it() {
    let fifth = |linked_groups| {
        let mut window = Window { linked_groups, ..Window::default() };
        for _ in 0..4 {
            window = window
                .let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
                .expect("let through");
        }
        window.let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
    };
    assert!(fifth(Some(50)).is_ok());
    let why = fifth(Some(49)).expect_err("too many").blown.expect("blown").why;
    assert_eq!(why, "within 24 hours 5 of 49 linked groups would be taken away, more than 10 %");
}

/// What is said of so many memberships at once, of a thousand and more that are pushed.
fn of_memberships(removes: Removes, pushed: u64) -> Option<String> {
    let window = Window { pushed: Some(pushed), ..Window::default() };
    let blown = window.let_through(removes, &Limits::default(), at(0)).err()?;
    blown.blown.map(|blown| blown.why)
}

#[test]
fn memberships_are_held_over_a_thousand_or_from_the_fifth_on_over_a_tenth() {
    let lost = |lost| Removes::Memberships { lost, moved: 0 };
    assert_eq!(of_memberships(lost(4), 4), None);
    assert_eq!(of_memberships(lost(5), 50), None);
    assert_eq!(
        of_memberships(lost(5), 49).as_deref(),
        Some("within 24 hours 5 of 49 memberships would be taken away, more than 10 %")
    );
    assert_eq!(of_memberships(lost(1_000), 100_000), None);
    assert_eq!(
        of_memberships(lost(1_001), 100_000).as_deref(),
        Some("within 24 hours 1001 of 100000 memberships would be taken away, more than 1000")
    );
}

#[test]
fn a_move_and_the_members_of_a_whole_group_count_toward_the_number_alone() {
    let moved = |moved| Removes::Memberships { lost: 0, moved };
    assert_eq!(of_memberships(moved(6), 6), None);
    assert_eq!(of_memberships(Removes::Group { members: 900 }, 1_000), None);
    assert!(of_memberships(moved(1_001), 100_000).is_some());
    assert!(of_memberships(Removes::Group { members: 1_001 }, 100_000).is_some());
}

#[test]
fn values_are_counted_by_themselves_and_hold_everything_once_they_are_too_many() {
    let mut window = Window { linked: Some(100), ..Window::default() };
    for _ in 0..10 {
        window = window.let_through(Removes::Value, &Limits::default(), at(0)).expect("let through");
        window = window.let_through(Removes::Account, &Limits::default(), at(0)).expect("let through");
    }
    let blown = window.let_through(Removes::Value, &Limits::default(), at(0)).expect_err("too many");
    let why = blown.blown.as_ref().expect("blown").why.clone();
    assert_eq!(
        why,
        "within 24 hours 11 of 100 linked accounts would lose a value or their name, more than 10 %"
    );
    assert!(blown.let_through(Removes::Account, &Limits::default(), at(0)).is_err());
}

#[test]
fn one_who_is_taken_away_by_hand_counts_and_is_never_one_too_many() {
    let (window, _) = after(50, None);
    assert_eq!(window.with(Removes::Account, at(0)).counted(at(0)).accounts, 51);
    assert_eq!(window.with(Removes::Account, at(0)).blown, None);
}
