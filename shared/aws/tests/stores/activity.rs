use provisioning::activity::Outcome;

use crate::database;
use crate::examples::{at, id, outcome};

const HOUR: i64 = 3_600_000;

fn events(count: i64) -> Vec<Outcome> {
    (0..count).map(|number| outcome(&format!("crm#user#u{number:03}:1"), at(number * 5 * HOUR))).collect()
}

#[tokio::test]
async fn events_are_paged_newest_first_over_days_and_shards() {
    let activity = database::tables().await.activity;
    let mut all = events(70);
    // Several at one instant keep an order too.
    all.extend((0..9).map(|number| outcome(&format!("crm#user#v{number}:1"), at(0))));
    activity.put(&all).await.unwrap();
    activity.put(&[Outcome { application: id("other"), ..outcome("other:1", at(0)) }]).await.unwrap();
    all.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    for limit in [1, 7, 79, 100] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = activity.of_application(&id("crm"), cursor, limit).await.unwrap();
            assert!(page.outcomes.len() <= limit && !page.outcomes.is_empty());
            seen.extend(page.outcomes);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }
}

#[tokio::test]
async fn an_event_put_twice_is_one() {
    let activity = database::tables().await.activity;
    let all = events(3);
    activity.put(&all).await.unwrap();
    activity.put(&[&all[..], &all[..]].concat()).await.unwrap();
    let page = activity.of_application(&id("crm"), None, 10).await.unwrap();
    assert_eq!(page.outcomes.len(), 3);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn without_events_there_is_an_empty_page_and_a_foreign_cursor_is_refused() {
    let activity = database::tables().await.activity;
    activity.put(&[]).await.unwrap();
    let page = activity.of_application(&id("crm"), None, 10).await.unwrap();
    assert!(page.outcomes.is_empty() && page.next.is_none());
    assert!(activity.of_application(&id("crm"), Some("yesterday".into()), 10).await.is_err());
}
