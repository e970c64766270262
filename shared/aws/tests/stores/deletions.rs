use provisioning::directory::User;
use provisioning::ids::SourceId;
use provisioning::ports::{DirectoryWriteError, UserWrite};

use crate::database;
use crate::examples::{group, id, ids, new_user, put_groups, put_user, user};

#[tokio::test]
async fn a_deleted_user_leaves_nothing_behind() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Sales", "Staff"]).await;
    let ada = User { source_id: Some(SourceId("hr-7".into())), ..user("Ada") };
    directory.write_user(&new_user(&ada, &["sales", "staff"])).await.unwrap();
    directory.delete_user(&ada.id).await.unwrap();
    directory.delete_user(&ada.id).await.unwrap();

    assert_eq!(directory.user(&ada.id).await.unwrap(), None);
    assert!(directory.members_page(&id("staff"), None, 10).await.unwrap().is_empty());
    assert_eq!(directory.user_named("ada@example.org").await.unwrap(), None);
    assert_eq!(directory.user_from_source(&SourceId("hr-7".into())).await.unwrap(), None);
    let write = UserWrite { old: Some(ada.clone()), new: ada, join: ids(&["staff"]), leave: ids(&[]) };
    assert_eq!(directory.write_user(&write).await.unwrap_err(), DirectoryWriteError::Changed);
}

#[tokio::test]
async fn a_user_of_many_groups_is_deleted_in_pages() {
    let directory = database::tables().await.directory;
    let names: Vec<_> = (0..70).map(|number| format!("g{number:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    put_groups(&*directory, &names).await;
    let ada = put_user(&*directory, "Ada", &names).await;
    directory.delete_user(&ada.id).await.unwrap();
    assert_eq!(directory.user(&ada.id).await.unwrap(), None);
    for name in names {
        assert!(directory.members_page(&id(name), None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_group_with_120_members_is_deleted_and_its_members_stay() {
    let directory = database::tables().await.directory;
    put_groups(&*directory, &["Staff", "Board"]).await;
    for number in 0..120 {
        put_user(&*directory, &format!("u{number:03}"), &["staff", "board"]).await;
    }
    directory.delete_group(&id("staff")).await.unwrap();
    directory.delete_group(&id("staff")).await.unwrap();

    assert_eq!(directory.group(&id("staff")).await.unwrap(), None);
    assert_eq!(directory.group_named("Staff").await.unwrap(), None);
    assert!(directory.members_page(&id("staff"), None, 200).await.unwrap().is_empty());
    for number in 0..120 {
        let record = directory.user(&id(&format!("u{number:03}"))).await.unwrap().unwrap();
        assert_eq!(record.groups, ids(&["board"]));
    }
    put_groups(&*directory, &["Staff"]).await;
    assert_eq!(directory.group(&id("staff")).await.unwrap(), Some(group("Staff")));
}
