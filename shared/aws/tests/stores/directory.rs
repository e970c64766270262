use std::collections::BTreeSet;

use provisioning::directory::{Group, Status, User};
use provisioning::ids::{SourceId, UserId};
use provisioning::ports::{DirectoryItem, DirectoryWriteError, GroupWrite, UserWrite};

use crate::database;
use crate::examples::{group, id, ids, new_user, put_groups, put_user, user};

#[tokio::test]
async fn a_user_is_read_as_he_was_written_with_all_his_groups() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Sales", "Staff"]).await;
    let ada = User { source_id: Some(SourceId("hr-7".into())), ..user("Ada") };
    directory.write_user(&new_user(&ada, &["sales", "staff"])).await.unwrap();

    let record = directory.user(&ada.id).await.unwrap().unwrap();
    assert_eq!(record.user.as_ref(), Some(&ada));
    assert_eq!(record.groups, ids(&["sales", "staff"]));
    assert_eq!(directory.group(&id("sales")).await.unwrap(), Some(group("Sales")));
    assert_eq!(directory.user_named("ADA@example.ORG ").await.unwrap(), Some(ada.id.clone()));
    assert_eq!(directory.user_from_source(&SourceId("hr-7".into())).await.unwrap(), Some(ada.id.clone()));
    assert_eq!(directory.group_named("SALES").await.unwrap(), Some(id("sales")));
    let members = directory.members_among(&id("sales"), &[ada.id.clone(), id("bob")]).await.unwrap();
    assert_eq!(members, BTreeSet::from([ada.id]));
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let directory = database::tables().await.directory;
    assert_eq!(directory.user(&id("nobody")).await.unwrap(), None);
    assert_eq!(directory.group(&id("nothing")).await.unwrap(), None);
    assert_eq!(directory.user_named("nobody").await.unwrap(), None);
    assert_eq!(directory.group_from_source(&SourceId("x".into())).await.unwrap(), None);
    assert!(directory.users(&[id("nobody")]).await.unwrap().is_empty());
    assert!(directory.users(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_users_never_bear_one_name_whatever_its_case() {
    let directory = database::tables().await.directory;
    put_user(&*directory, "Ada", &[]).await;
    let second = User { id: id("other"), username: "ADA@EXAMPLE.ORG".into(), ..user("Ada") };
    let refused = directory.write_user(&new_user(&second, &[])).await.unwrap_err();
    assert_eq!(refused, DirectoryWriteError::NameTaken("ADA@EXAMPLE.ORG".into()));
    assert_eq!(directory.user(&id("other")).await.unwrap(), None);
}

#[tokio::test]
async fn two_groups_never_bear_one_name_but_a_group_may_be_called_as_a_user() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Sales", "ada@example.org"]).await;
    put_user(&*directory, "Ada", &[]).await;
    let second = Group { id: id("other"), ..group("SALES") };
    let refused = directory.write_group(&GroupWrite { old: None, new: second }).await.unwrap_err();
    assert_eq!(refused, DirectoryWriteError::NameTaken("SALES".into()));
}

#[tokio::test]
async fn two_users_never_have_one_source_id() {
    let directory = database::tables().await.directory;
    let hr = Some(SourceId("hr-7".into()));
    directory.write_user(&new_user(&User { source_id: hr.clone(), ..user("Ada") }, &[])).await.unwrap();
    let bob = User { source_id: hr, ..user("Bob") };
    let refused = directory.write_user(&new_user(&bob, &[])).await.unwrap_err();
    assert_eq!(refused, DirectoryWriteError::SourceIdTaken(SourceId("hr-7".into())));
    assert_eq!(directory.user_named("bob@example.org").await.unwrap(), None);
}

#[tokio::test]
async fn a_rename_moves_the_guards_and_lets_the_old_name_go() {
    let directory = database::tables().await.directory;
    let ada = put_user(&*directory, "Ada", &[]).await;
    let new = User {
        username: "countess@example.org".into(),
        source_id: Some(SourceId("hr-7".into())),
        ..ada.clone()
    };
    let write = UserWrite { old: Some(ada.clone()), new: new.clone(), join: ids(&[]), leave: ids(&[]) };
    directory.write_user(&write).await.unwrap();
    assert_eq!(directory.user_named("ada@example.org").await.unwrap(), None);
    assert_eq!(directory.user_named("COUNTESS@example.org").await.unwrap(), Some(ada.id.clone()));

    let without = User { source_id: None, ..new.clone() };
    let write = UserWrite { old: Some(new), new: without, join: ids(&[]), leave: ids(&[]) };
    directory.write_user(&write).await.unwrap();
    assert_eq!(directory.user_from_source(&SourceId("hr-7".into())).await.unwrap(), None);
    let successor = User { id: id("ada-2"), ..ada };
    directory.write_user(&new_user(&successor, &[])).await.unwrap();
}

#[tokio::test]
async fn a_change_of_case_alone_keeps_the_guard() {
    let directory = database::tables().await.directory;
    let ada = put_user(&*directory, "Ada", &[]).await;
    let new = User { username: "ADA@example.org".into(), ..ada.clone() };
    let write = UserWrite { old: Some(ada.clone()), new: new.clone(), join: ids(&[]), leave: ids(&[]) };
    directory.write_user(&write).await.unwrap();
    assert_eq!(directory.user_named("ada@example.org").await.unwrap(), Some(ada.id.clone()));
    assert_eq!(directory.user(&ada.id).await.unwrap().unwrap().user, Some(new));
}

#[tokio::test]
async fn who_wrote_on_an_outdated_reading_is_refused() {
    let directory = database::tables().await.directory;
    let ada = put_user(&*directory, "Ada", &[]).await;
    let disabled = User { status: Status::Disabled, ..ada.clone() };
    let write =
        |old: &User, new: User| UserWrite { old: Some(old.clone()), new, join: ids(&[]), leave: ids(&[]) };
    directory.write_user(&write(&ada, disabled.clone())).await.unwrap();

    let outdated = User { first_name: Some("Augusta".into()), ..ada.clone() };
    let refused = directory.write_user(&write(&ada, outdated)).await.unwrap_err();
    assert_eq!(refused, DirectoryWriteError::Changed);
    let again = directory.write_user(&new_user(&ada, &[])).await.unwrap_err();
    assert_eq!(again, DirectoryWriteError::Changed);
    assert_eq!(directory.user(&ada.id).await.unwrap().unwrap().user, Some(disabled));
}

#[tokio::test]
async fn a_membership_of_what_is_not_there_is_refused() {
    let directory = database::tables().await.directory;
    let ada = user("Ada");
    let refused = directory.write_user(&new_user(&ada, &["nothing"])).await.unwrap_err();
    assert_eq!(refused, DirectoryWriteError::Changed);
    assert_eq!(directory.user(&ada.id).await.unwrap(), None);
    assert!(directory.members_page(&id("nothing"), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn groups_are_joined_and_left() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Sales", "Staff", "Board"]).await;
    let ada = put_user(&*directory, "Ada", &["sales", "staff"]).await;
    let write = UserWrite {
        old: Some(ada.clone()),
        new: ada.clone(),
        join: ids(&["board", "staff"]),
        leave: ids(&["sales", "staff"]),
    };
    directory.write_user(&write).await.unwrap();
    // What is named in both is joined.
    assert_eq!(directory.user(&ada.id).await.unwrap().unwrap().groups, ids(&["board", "staff"]));
    assert!(directory.members_page(&id("sales"), None, 10).await.unwrap().is_empty());
    assert_eq!(directory.members_page(&id("board"), None, 10).await.unwrap(), [ada.id]);
}

#[tokio::test]
async fn more_memberships_than_a_transaction_takes_are_written_all_the_same() {
    let directory = database::tables().await.directory;
    let names: Vec<_> = (0..90).map(|number| format!("g{number:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    put_groups(&*directory, &names).await;
    let ada = put_user(&*directory, "Ada", &names[..80]).await;
    assert_eq!(directory.user(&ada.id).await.unwrap().unwrap().groups, ids(&names[..80]));
    let write = UserWrite {
        old: Some(ada.clone()),
        new: ada.clone(),
        join: ids(&names[80..]),
        leave: ids(&names[..75]),
    };
    directory.write_user(&write).await.unwrap();
    assert_eq!(directory.user(&ada.id).await.unwrap().unwrap().groups, ids(&names[75..]));
}

#[tokio::test]
async fn members_are_paged_in_the_order_of_their_ids() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Staff"]).await;
    for number in 0..25 {
        put_user(&*directory, &format!("u{number:02}"), &["staff"]).await;
    }
    let mut seen: Vec<UserId> = Vec::new();
    loop {
        let page = directory.members_page(&id("staff"), seen.last(), 10).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 10);
        seen.extend(page);
    }
    let all: Vec<UserId> = (0..25).map(|number| id(&format!("u{number:02}"))).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn hundreds_of_users_are_read_at_once() {
    let directory = database::tables().await.directory;
    let names: Vec<_> = (0..230).map(|number| format!("u{number:03}")).collect();
    for name in &names {
        put_user(&*directory, name, &[]).await;
    }
    let mut wanted: Vec<UserId> = names.iter().map(|name| id(name)).collect();
    wanted.extend([id("nobody"), id("u000")]);
    assert_eq!(directory.users(&wanted).await.unwrap().len(), 230);
}

#[tokio::test]
async fn everything_is_every_user_group_and_membership_once() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Sales", "Staff"]).await;
    let ada = put_user(&*directory, "Ada", &["sales", "staff"]).await;
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let page = directory.everything(cursor).await.unwrap();
        items.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(items.len(), 5);
    for wanted in [
        DirectoryItem::User(ada.clone()),
        DirectoryItem::Group(group("Sales")),
        DirectoryItem::Membership(id("sales"), ada.id.clone()),
        DirectoryItem::Membership(id("staff"), ada.id),
    ] {
        assert!(items.contains(&wanted));
    }
}

#[tokio::test]
async fn names_longer_than_a_key_are_guarded_too() {
    let directory = database::tables().await.directory;
    let long = |end: &str| format!("{}{end}", "ä".repeat(2_000));
    let ada = User { username: long("a"), ..user("Ada") };
    directory.write_user(&new_user(&ada, &[])).await.unwrap();
    let bob = User { username: long("A"), ..user("Bob") };
    let refused = directory.write_user(&new_user(&bob, &[])).await.unwrap_err();
    assert!(matches!(refused, DirectoryWriteError::NameTaken(_)));
    let cyd = User { username: long("c"), ..user("Cyd") };
    directory.write_user(&new_user(&cyd, &[])).await.unwrap();
}
