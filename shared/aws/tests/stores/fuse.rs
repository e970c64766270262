use provisioning::fuse::{Linked, Removes, Window};
use provisioning::link::{Link, LinkKey, MemberRemoval, Removal, RemovalKind};
use provisioning::ports::{FuseWritten, MOST_STAMPS, Pushed, Stamps, Tables};

use crate::database;
use crate::examples::{ada, at, id, mark, remote};

fn members(count: usize) -> Vec<Pushed> {
    let member = |number| Pushed {
        user: id(&format!("u{number:03}")),
        remote_id: remote(&format!("r{number}")),
        target_generation: 2,
        since: Some(at(1)),
        removal: None,
    };
    (0..count).map(member).collect()
}

fn permitted(member: &Pushed) -> (Pushed, Pushed) {
    (member.clone(), Pushed { removal: Some(MemberRemoval::Permitted(at(2))), ..member.clone() })
}

async fn link(tables: &Tables, key: &LinkKey) -> Link {
    tables.links.link(key).await.expect("a read").expect("a link")
}

#[tokio::test]
async fn a_window_is_written_by_who_read_it_last() {
    let fuse = database::tables().await.fuse;
    let crm = id("crm");
    let empty = fuse.window(&crm).await.unwrap();
    assert_eq!(empty, Window::default());
    let one = empty.with(Removes::Account, at(0));
    assert_eq!(fuse.write(&crm, &empty, &one, Stamps::None).await.unwrap(), FuseWritten::Yes);
    let other = empty.with(Removes::Value, at(0));
    assert_eq!(fuse.write(&crm, &empty, &other, Stamps::None).await.unwrap(), FuseWritten::WindowChanged);
    let linked = Linked { accounts: 7, groups: 2, memberships: 9 };
    let blown = one
        .with(Removes::Memberships { lost: 3, moved: 2 }, at(0))
        .with(Removes::Group { members: 4 }, at(0))
        .with_linked(linked)
        .blow("too much".into(), at(0));
    assert_eq!(fuse.write(&crm, &one, &blown, Stamps::None).await.unwrap(), FuseWritten::Yes);
    assert_eq!(fuse.window(&crm).await.unwrap(), blown);
    assert_eq!(fuse.window(&id("other")).await.unwrap(), empty, "each application has its own");
}

#[tokio::test]
async fn a_link_is_stamped_with_the_window_or_neither_is_written() {
    let tables = database::tables().await;
    let crm = id("crm");
    tables.links.mark(&ada(), &mark()).await.unwrap();
    let read = link(&tables, &ada()).await;
    let stamped = Link {
        removal: Some(Removal::Permitted { kind: RemovalKind::Removal, at: at(2) }),
        ..read.rewritten()
    };
    let empty = Window::default();
    let one = empty.with(Removes::Account, at(0));
    let written = tables.fuse.write(&crm, &empty, &one, Stamps::Link(&read, &stamped)).await.unwrap();
    assert_eq!(written, FuseWritten::Yes);
    assert_eq!(link(&tables, &ada()).await, stamped);
    let two = one.with(Removes::Account, at(0));
    let again = tables.fuse.write(&crm, &one, &two, Stamps::Link(&read, &stamped.rewritten())).await.unwrap();
    assert_eq!(again, FuseWritten::StampChanged);
    assert_eq!(tables.fuse.window(&crm).await.unwrap(), one, "it was not counted");
}

#[tokio::test]
async fn members_are_stamped_with_the_window_or_nothing_is_written() {
    let tables = database::tables().await;
    let (crm, staff) = (id("crm"), id("staff"));
    let all = members(MOST_STAMPS);
    tables.memberships.record_pushed(&crm, &staff, &all).await.unwrap();
    let empty = Window::default();
    let counted = empty.with(Removes::Memberships { lost: MOST_STAMPS as u64, moved: 0 }, at(0));
    let stamps: Vec<_> = all.iter().map(permitted).collect();
    let members = Stamps::Members(&staff, &stamps);
    assert_eq!(tables.fuse.write(&crm, &empty, &counted, members).await.unwrap(), FuseWritten::Yes);
    let there = tables.memberships.pushed_page(&crm, &staff, None, 200).await.unwrap();
    assert_eq!(there, stamps.iter().map(|(_, after)| after.clone()).collect::<Vec<_>>());

    // One of them was stamped by another meanwhile.
    let twice = counted.with(Removes::Memberships { lost: 1, moved: 0 }, at(0));
    let again = Stamps::Members(&staff, &stamps[..1]);
    assert_eq!(tables.fuse.write(&crm, &counted, &twice, again).await.unwrap(), FuseWritten::StampChanged);
    assert_eq!(tables.fuse.window(&crm).await.unwrap(), counted, "it was not counted again");
    let stale = Stamps::Members(&staff, &[]);
    assert_eq!(tables.fuse.write(&crm, &empty, &twice, stale).await.unwrap(), FuseWritten::WindowChanged);
}

#[tokio::test]
async fn who_is_no_member_any_more_is_not_stamped() {
    let tables = database::tables().await;
    let (crm, staff) = (id("crm"), id("staff"));
    let all = members(1);
    let counted = Window::default().with(Removes::Memberships { lost: 1, moved: 0 }, at(0));
    let stamps = [permitted(&all[0])];
    let members = Stamps::Members(&staff, &stamps);
    let written = tables.fuse.write(&crm, &Window::default(), &counted, members).await.unwrap();
    assert_eq!(written, FuseWritten::StampChanged);
    assert!(tables.memberships.pushed_page(&crm, &staff, None, 10).await.unwrap().is_empty());
}
