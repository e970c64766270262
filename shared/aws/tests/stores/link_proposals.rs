use std::collections::BTreeSet;

use provisioning::ids::UserId;
use provisioning::link::{LinkKey, Mark};
use provisioning::ports::{DueKey, LinkStore};
use provisioning::target::Kind;

use crate::database;
use crate::examples::{at, id, mark};

fn key(number: usize) -> LinkKey {
    LinkKey::user(&id("crm"), &id(&format!("u{number:03}")))
}

async fn mark_all(links: &dyn LinkStore, count: usize) {
    for number in 0..count {
        let due_at = at(i64::try_from(number).expect("a small number"));
        links
            .mark(&key(number), &Mark { due_at, by_sweep: number % 2 == 0, ..mark() })
            .await
            .expect("a mark");
    }
}

#[tokio::test]
async fn what_is_due_is_proposed_oldest_first_over_all_shards() {
    let links = database::tables().await.links;
    mark_all(&*links, 30).await;
    links.mark(&LinkKey::user(&id("other"), &id("u000")), &mark()).await.unwrap();
    let due = links.propose_due(&id("crm"), at(19), 12).await.unwrap();
    let keys: Vec<_> = due.iter().map(|item| item.key.clone()).collect();
    assert_eq!(keys, (0..12).map(|number| DueKey::Link(key(number))).collect::<Vec<_>>());
    assert!(due.iter().all(|item| item.generation == 1));
    assert_eq!(due[4].due_at, at(4));
    assert!(due[4].by_sweep && !due[5].by_sweep);
    assert_eq!(links.propose_due(&id("crm"), at(19), 100).await.unwrap().len(), 20);
}

#[tokio::test]
async fn what_is_settled_is_due_no_more() {
    let links = database::tables().await.links;
    mark_all(&*links, 2).await;
    let before = links.link(&key(0)).await.unwrap().unwrap();
    let mut after = before.clone();
    after.work.due_at = None;
    links.write(&before, &after, None).await.unwrap();
    let due = links.propose_due(&id("crm"), at(100), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(links.propose_pending(&id("crm"), Kind::User, false, 10).await.unwrap(), 1);
}

#[tokio::test]
async fn pending_links_are_counted_by_kind_by_sweep_and_to_a_cap() {
    let links = database::tables().await.links;
    mark_all(&*links, 30).await;
    links.mark(&LinkKey::group(&id("crm"), &id("staff")), &mark()).await.unwrap();
    let crm = id("crm");
    assert_eq!(links.propose_pending(&crm, Kind::User, false, 100).await.unwrap(), 30);
    assert_eq!(links.propose_pending(&crm, Kind::User, false, 7).await.unwrap(), 7);
    assert_eq!(links.propose_pending(&crm, Kind::Group, false, 100).await.unwrap(), 1);
    assert_eq!(links.propose_pending(&crm, Kind::User, true, 100).await.unwrap(), 15);
    // What was tried and failed does not hold the sweep up.
    let before = links.link(&key(0)).await.unwrap().unwrap();
    let mut after = before.clone();
    after.work.attempts = 1;
    links.write(&before, &after, None).await.unwrap();
    assert_eq!(links.propose_pending(&crm, Kind::User, true, 100).await.unwrap(), 14);
}

#[tokio::test]
async fn links_are_paged_each_once() {
    let links = database::tables().await.links;
    mark_all(&*links, 53).await;
    links.mark(&LinkKey::group(&id("crm"), &id("staff")), &mark()).await.unwrap();
    for limit in [1, 7, 53, 100] {
        let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), None, 0);
        loop {
            let page = links.propose_links(&id("crm"), Kind::User, cursor, limit).await.unwrap();
            assert!(page.keys.len() <= limit);
            for key in page.keys {
                assert!(seen.insert(key), "twice");
            }
            cursor = page.next;
            pages += 1;
            if cursor.is_none() {
                break;
            }
            assert!(pages < 60);
        }
        assert_eq!(seen, (0..53).map(key).collect());
    }
    let groups = links.propose_links(&id("crm"), Kind::Group, None, 10).await.unwrap();
    assert_eq!(groups.keys, [LinkKey::group(&id("crm"), &id("staff"))]);
}

#[tokio::test]
async fn hundreds_of_links_are_read_at_once() {
    let links = database::tables().await.links;
    mark_all(&*links, 130).await;
    let users: Vec<UserId> = (0..140).map(|number| id(&format!("u{number:03}"))).collect();
    let found = links.links_among(&id("crm"), &users).await.unwrap();
    assert_eq!(found.len(), 130);
    assert!(found.iter().all(|(user, link)| link.key == LinkKey::user(&id("crm"), user)));
}
