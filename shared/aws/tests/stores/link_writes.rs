use provisioning::link::{Claim, Link, LinkKey, Mark, State};
use provisioning::ports::{DueItem, DueKey, LinkStore, Ownership, Written};
use provisioning::target::Kind;

use crate::database;
use crate::examples::{ada, at, full_link, id, mark, outcome, remote};

async fn marked(links: &dyn LinkStore, key: &LinkKey) -> Link {
    links.mark(key, &mark()).await.expect("a mark");
    links.link(key).await.expect("a read").expect("a link")
}

fn claimed(link: &Link, token: &str) -> Link {
    let mut link = link.clone();
    link.work.claim = Some(Claim { token: token.into(), until: at(60_000) });
    link
}

/// The link settled: linked, nothing due.
fn settled(link: &Link, remote_id: &str) -> Link {
    let mut link = link.clone();
    link.state = State::Linked;
    link.remote_id = Some(remote(remote_id));
    link.work.claim = None;
    link.work.due_at = None;
    link
}

#[tokio::test]
async fn the_first_mark_makes_the_link() {
    let links = database::tables().await.links;
    assert_eq!(links.link(&ada()).await.unwrap(), None);
    assert_eq!(links.mark(&ada(), &mark()).await.unwrap(), 1);
    let mut wanted = Link::new(ada());
    wanted.work.generation = 1;
    wanted.work.due_at = Some(at(0));
    wanted.work.application_version = 2;
    assert_eq!(links.link(&ada()).await.unwrap(), Some(wanted.clone()));
    assert_eq!(links.links_of(&id("ada")).await.unwrap(), [wanted]);
}

#[tokio::test]
async fn a_mark_raises_the_generation_and_keeps_what_is_known() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let mut full = full_link(ada());
    full.work.generation = 1;
    full.compare = false;
    assert_eq!(links.write(&before, &full, None).await.unwrap(), Written::Yes);

    let newer = Mark { application_version: 8, due_at: at(99), by_sweep: false, compare: true };
    assert_eq!(links.mark(&ada(), &newer).await.unwrap(), 2);
    let mut wanted = full.clone();
    wanted.work.generation = 2;
    wanted.work.application_version = 8;
    wanted.work.due_at = Some(at(99));
    wanted.work.by_sweep = false;
    wanted.compare = true;
    // What was told is told once.
    wanted.outcome = None;
    wanted.presence_changed = false;
    assert_eq!(links.link(&ada()).await.unwrap(), Some(wanted));

    let sweep = Mark { by_sweep: true, compare: false, ..newer };
    links.mark(&ada(), &sweep).await.unwrap();
    let link = links.link(&ada()).await.unwrap().unwrap();
    assert!(link.work.by_sweep && link.compare);
}

#[tokio::test]
async fn a_link_with_everything_set_is_read_as_it_was_written() {
    let links = database::tables().await.links;
    for key in [ada(), LinkKey::group(&id("crm"), &id("staff"))] {
        let before = marked(&*links, &key).await;
        let mut full = full_link(key.clone());
        full.work.generation = before.work.generation;
        assert_eq!(links.write(&before, &full, None).await.unwrap(), Written::Yes);
        assert_eq!(links.link(&key).await.unwrap(), Some(full));
    }
}

#[tokio::test]
async fn a_link_that_was_never_marked_can_be_written_once() {
    let links = database::tables().await.links;
    let none = Link::new(ada());
    let mut linked = none.clone();
    linked.state = State::Linked;
    assert_eq!(links.write(&none, &linked, None).await.unwrap(), Written::Yes);
    let mut other = none.clone();
    other.state = State::Conflict;
    assert_eq!(links.write(&none, &other, None).await.unwrap(), Written::Lost(Box::new(linked)));
}

#[tokio::test]
async fn a_settlement_of_an_older_generation_is_lost_and_the_mark_stands() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let intent = claimed(&before, "t-1");
    assert_eq!(links.write(&before, &intent, None).await.unwrap(), Written::Yes);
    links.mark(&ada(), &Mark { due_at: at(50), ..mark() }).await.unwrap();

    let lost = links.write(&intent, &settled(&intent, "42"), None).await.unwrap();
    let Written::Lost(current) = lost else { panic!("{lost:?}") };
    assert_eq!(current.work.generation, 2);
    assert_eq!(current.work.due_at, Some(at(50)));
    assert_eq!(current.work.claim, intent.work.claim);
    // On top of what there is now it is settled, and stays due.
    let mut after = settled(&current, "42");
    after.work.due_at = current.work.due_at;
    assert_eq!(links.write(&current, &after, None).await.unwrap(), Written::Yes);
    assert_eq!(links.link(&ada()).await.unwrap().unwrap().work.due_at, Some(at(50)));
}

#[tokio::test]
async fn of_two_claims_one_holds() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let (one, other) = (claimed(&before, "t-1"), claimed(&before, "t-2"));
    assert_eq!(links.write(&before, &one, None).await.unwrap(), Written::Yes);
    assert_eq!(links.write(&before, &other, None).await.unwrap(), Written::Lost(Box::new(one.clone())));
    // A void claim is taken over from who held it, who can settle no more.
    let over = claimed(&one, "t-2");
    assert_eq!(links.write(&one, &over, None).await.unwrap(), Written::Yes);
    let late = links.write(&one, &settled(&one, "42"), None).await.unwrap();
    assert_eq!(late, Written::Lost(Box::new(over)));
}

#[tokio::test]
async fn who_read_before_another_claimed_settled_and_let_go_is_refused() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let intent = claimed(&before, "t-1");
    links.write(&before, &intent, None).await.unwrap();
    let done = settled(&intent, "42");
    links.write(&intent, &done, None).await.unwrap();
    // Same generation, no claim, as it was read: yet it would forget the account.
    let stale = links.write(&before, &claimed(&before, "t-2"), None).await.unwrap();
    assert_eq!(stale, Written::Lost(Box::new(done)));
}

#[tokio::test]
async fn who_read_before_another_claimed_and_failed_is_refused_though_little_changed() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let intent = claimed(&before.rewritten(), "t-1");
    links.write(&before, &intent, None).await.unwrap();
    let mut failed = intent.rewritten();
    failed.work.claim = None;
    failed.members_in_doubt = [(id("bob"), remote("43"))].into();
    links.write(&intent, &failed, None).await.unwrap();
    // What is compared beside the revision is as it was read: yet it would forget who is in doubt.
    let mut stale = before.rewritten();
    stale.work.due_at = None;
    assert_eq!(links.write(&before, &stale, None).await.unwrap(), Written::Lost(Box::new(failed)));
}

#[tokio::test]
async fn a_claim_is_known_again_by_its_holder_however_precise_his_clock() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let mut intent = claimed(&before, "t-1");
    let until = at(60_000) + std::time::Duration::from_nanos(123_456);
    intent.work.claim = Some(Claim { token: "t-1".into(), until });
    links.write(&before, &intent, None).await.unwrap();
    links.mark(&ada(), &mark()).await.unwrap();
    let lost = links.write(&intent, &settled(&intent, "42"), None).await.unwrap();
    let Written::Lost(current) = lost else { panic!("{lost:?}") };
    assert_eq!(current.work.claim, intent.work.claim);
}

#[tokio::test]
async fn a_write_sent_twice_is_written() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    let intent = claimed(&before, "t-1");
    assert_eq!(links.write(&before, &intent, None).await.unwrap(), Written::Yes);
    assert_eq!(links.write(&before, &intent, None).await.unwrap(), Written::Yes);
}

#[tokio::test]
async fn two_links_never_own_one_account() {
    let links = database::tables().await.links;
    let bob = LinkKey::user(&id("crm"), &id("bob"));
    let take = Ownership::Take(remote("42"));
    let first = marked(&*links, &ada()).await;
    let adas = settled(&first, "42");
    assert_eq!(links.write(&first, &adas, Some(&take)).await.unwrap(), Written::Yes);
    assert_eq!(links.write(&adas, &adas, Some(&take)).await.unwrap(), Written::Yes, "it is ours already");

    let second = marked(&*links, &bob).await;
    let refused = links.write(&second, &settled(&second, "42"), Some(&take)).await.unwrap();
    assert_eq!(refused, Written::Owned(ada()));
    assert_eq!(links.link(&bob).await.unwrap(), Some(second.clone()), "nothing of it was written");
    let owner = links.owner(&id("crm"), 0, Kind::User, &remote("42")).await.unwrap();
    assert_eq!(owner, Some(ada()));
    assert_eq!(links.owner(&id("crm"), 1, Kind::User, &remote("42")).await.unwrap(), None);
    assert_eq!(links.owner(&id("crm"), 0, Kind::Group, &remote("42")).await.unwrap(), None);

    let mut gone = adas.clone();
    gone.state = State::Tombstone;
    let give = Ownership::Give(remote("42"));
    assert_eq!(links.write(&adas, &gone, Some(&give)).await.unwrap(), Written::Yes);
    assert_eq!(links.owner(&id("crm"), 0, Kind::User, &remote("42")).await.unwrap(), None);
    assert_eq!(links.write(&second, &settled(&second, "42"), Some(&take)).await.unwrap(), Written::Yes);
}

#[tokio::test]
async fn giving_what_is_anothers_takes_nothing_from_him() {
    let links = database::tables().await.links;
    let bob = LinkKey::user(&id("crm"), &id("bob"));
    let first = marked(&*links, &ada()).await;
    let take = Ownership::Take(remote("42"));
    links.write(&first, &settled(&first, "42"), Some(&take)).await.unwrap();
    let second = marked(&*links, &bob).await;
    let mut released = second.clone();
    released.state = State::Released;
    let give = Ownership::Give(remote("42"));
    assert_eq!(links.write(&second, &released, Some(&give)).await.unwrap(), Written::Yes);
    assert_eq!(links.owner(&id("crm"), 0, Kind::User, &remote("42")).await.unwrap(), Some(ada()));
}

#[tokio::test]
async fn a_lost_write_takes_no_account() {
    let links = database::tables().await.links;
    let before = marked(&*links, &ada()).await;
    links.mark(&ada(), &mark()).await.unwrap();
    let take = Ownership::Take(remote("42"));
    let lost = links.write(&before, &settled(&before, "42"), Some(&take)).await.unwrap();
    let Written::Lost(current) = lost else { panic!("{lost:?}") };
    assert_eq!(current.work.generation, 2);
    assert_eq!(links.owner(&id("crm"), 0, Kind::User, &remote("42")).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_postponed_must_be_due_as_it_was_seen() {
    let links = database::tables().await.links;
    let mut before = marked(&*links, &ada()).await;
    let mut told = before.clone();
    told.outcome = Some(outcome("crm#user#ada:1", at(0)));
    told.presence_changed = true;
    links.write(&before, &told, None).await.unwrap();
    let seen = DueItem { key: DueKey::Link(ada()), generation: 1, due_at: at(0), by_sweep: false };
    assert!(links.postpone(&seen, at(10)).await.unwrap());
    assert!(!links.postpone(&seen, at(20)).await.unwrap());
    before.work.due_at = Some(at(10));
    assert_eq!(links.link(&ada()).await.unwrap(), Some(before.clone()), "and nothing is told twice");
    // Who works on it settles all the same.
    assert_eq!(links.write(&told, &settled(&told, "42"), None).await.unwrap(), Written::Yes);
    let seen = DueItem { due_at: at(10), ..seen };
    assert!(!links.postpone(&seen, at(20)).await.unwrap(), "what is settled is not made due again");
}
