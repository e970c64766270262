use jiff::Timestamp;
use provisioning::activity::{Actor, EventName, Outcome, OutcomeResult};
use provisioning::ports::{ActivityFilter, ActivityLog, ActivityOf, ActivityPosition};
use provisioning::target::Kind;

use crate::database;
use crate::examples::{at, id, outcome};

const HOUR: i64 = 3_600_000;

/// Events of two applications over many days; every third fails, every fifth is an administrator's.
fn events() -> Vec<Outcome> {
    let events = (0..90_i64).map(|number| {
        let application = if number % 2 == 0 { "crm" } else { "wiki" };
        let mut event =
            outcome(&format!("{application}#user#u{}:{number}", number % 4), at(number * 7 * HOUR));
        event.application = id(application);
        event.result = if number % 3 == 0 { OutcomeResult::Failure } else { OutcomeResult::Success };
        if number % 5 == 0 {
            (event.actor, event.event) = (Actor::Administrator("ada".into()), EventName::ConfigUpdate);
        }
        event.target.as_mut().expect("a target").key = format!("u{}", number % 4);
        event
    });
    events.collect()
}

async fn read(log: &dyn ActivityLog, of: &ActivityOf, filter: &ActivityFilter, limit: usize) -> Vec<String> {
    let (mut ids, mut after): (Vec<String>, Option<ActivityPosition>) = (Vec::new(), None);
    for _ in 0..1_000 {
        let page = log.page(of, filter, after.as_ref(), limit).await.expect("a page");
        assert!(page.outcomes.len() <= limit);
        ids.extend(page.outcomes.into_iter().map(|outcome| outcome.id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
    panic!("there is no end");
}

/// What must be read, newest first.
fn expected(wanted: impl Fn(&Outcome) -> bool) -> Vec<String> {
    let mut events: Vec<_> = events().into_iter().filter(wanted).collect();
    events.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    events.into_iter().map(|event| event.id).collect()
}

#[tokio::test]
async fn each_view_tells_its_events_newest_first_whatever_the_page() {
    let tables = database::tables().await;
    tables.activity.put(&events()).await.unwrap();
    let all = ActivityFilter::default();
    let crm = ActivityOf::Application(id("crm"));
    for limit in [7, 200] {
        let read = async |of: &ActivityOf, filter: &ActivityFilter| {
            read(&*tables.activity_log, of, filter, limit).await
        };
        assert_eq!(read(&ActivityOf::Everything, &all).await, expected(|_| true));
        assert_eq!(read(&crm, &all).await, expected(|one| one.application.as_str() == "crm"));
        let u1 = ActivityOf::Object(Kind::User, "u1".into());
        assert_eq!(read(&u1, &all).await, expected(|one| one.target.as_ref().unwrap().key == "u1"));
        assert_eq!(read(&ActivityOf::Administrators, &all).await, expected(|one| one.actor != Actor::System));
        let failed = ActivityFilter { result: Some(OutcomeResult::Failure), ..all.clone() };
        let failures = |one: &Outcome| one.result == OutcomeResult::Failure;
        assert_eq!(
            read(&crm, &failed).await,
            expected(|one| failures(one) && one.application.as_str() == "crm")
        );
        assert_eq!(read(&ActivityOf::Everything, &failed).await, expected(failures));
        let configured = ActivityFilter { event: Some(EventName::ConfigUpdate), ..all.clone() };
        let wanted = expected(|one| one.event == EventName::ConfigUpdate);
        assert_eq!(read(&ActivityOf::Everything, &configured).await, wanted);
    }
}

#[tokio::test]
async fn a_time_begins_with_its_first_instant_and_ends_before_its_last() {
    let tables = database::tables().await;
    tables.activity.put(&events()).await.unwrap();
    let (from, to) = (at(20 * 7 * HOUR), at(40 * 7 * HOUR));
    let filter = ActivityFilter { from: Some(from), to: Some(to), ..ActivityFilter::default() };
    for of in [ActivityOf::Everything, ActivityOf::Administrators] {
        let within = |one: &Outcome| one.at >= from && one.at < to;
        let wanted =
            expected(|one| within(one) && (of == ActivityOf::Everything || one.actor != Actor::System));
        assert_eq!(read(&*tables.activity_log, &of, &filter, 3).await, wanted);
    }
    let turned = ActivityFilter { from: Some(to), to: Some(from), ..ActivityFilter::default() };
    assert!(read(&*tables.activity_log, &ActivityOf::Everything, &turned, 3).await.is_empty());
}

#[tokio::test]
async fn a_call_walks_so_many_days_at_most_and_says_where_to_go_on() {
    let tables = database::tables().await;
    let days = (0..150).map(|day| outcome(&format!("crm#user#u:{day}"), at(day * 24 * HOUR)));
    let days: Vec<_> = days.collect();
    tables.activity.put(&days).await.unwrap();
    let none = ActivityFilter { event: Some(EventName::Enable), ..ActivityFilter::default() };
    let page = tables.activity_log.page(&ActivityOf::Everything, &none, None, 50).await.unwrap();
    assert!(page.outcomes.is_empty());
    assert!(page.next.is_some_and(|next| next.at > days[60].at && next.at < days[100].at));
    assert!(read(&*tables.activity_log, &ActivityOf::Everything, &none, 50).await.is_empty());
    let all = read(&*tables.activity_log, &ActivityOf::Everything, &ActivityFilter::default(), 200).await;
    assert_eq!(all.len(), 150);
}

#[tokio::test]
async fn an_event_told_twice_is_one_in_every_view() {
    let tables = database::tables().await;
    let events = events();
    tables.activity.put(&events).await.unwrap();
    tables.activity.put(&events).await.unwrap();
    let all = ActivityFilter::default();
    assert_eq!(read(&*tables.activity_log, &ActivityOf::Everything, &all, 200).await.len(), 90);
    assert_eq!(read(&*tables.activity_log, &ActivityOf::Administrators, &all, 200).await.len(), 18);
}

#[tokio::test]
async fn any_position_is_one() {
    let tables = database::tables().await;
    tables.activity.put(&events()).await.unwrap();
    for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        let after = ActivityPosition { at, id: "x#y".into() };
        for of in [ActivityOf::Everything, ActivityOf::Application(id("crm")), ActivityOf::Administrators] {
            let page =
                tables.activity_log.page(&of, &ActivityFilter::default(), Some(&after), 200).await.unwrap();
            assert_eq!(page.outcomes.is_empty(), at != Timestamp::MAX);
        }
    }
}
