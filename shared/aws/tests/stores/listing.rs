use provisioning::directory::User;
use provisioning::ports::{DirectoryListing, ListingPosition, UserWrite};

use crate::database;
use crate::examples::{id, ids, new_user, put_groups, put_user, user};

/// The names of the users that are listed, `limit` at a time.
async fn names(listing: &dyn DirectoryListing, prefix: &str, limit: usize) -> Vec<String> {
    let (mut names, mut after): (Vec<String>, Option<ListingPosition>) = (Vec::new(), None);
    loop {
        let page = listing.users(prefix, after.as_ref(), limit).await.expect("a page");
        assert!(page.items.len() <= limit);
        names.extend(page.items.into_iter().map(|(_, user)| user.username));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn users_are_listed_over_all_shards_in_the_order_of_their_names() {
    let tables = database::tables().await;
    let mut expected = Vec::new();
    for number in 0..40 {
        let user = put_user(&*tables.directory, &format!("U{:02}", (number * 7) % 40), &[]).await;
        expected.push(user.username);
    }
    expected.sort();
    for limit in [1, 3, 40, 100] {
        assert_eq!(names(&*tables.listing, "", limit).await, expected, "{limit}");
    }
    assert_eq!(names(&*tables.listing, "u1", 4).await, expected[10..20]);
    assert!(names(&*tables.listing, "v", 4).await.is_empty());
}

#[tokio::test]
async fn names_that_are_one_in_the_index_are_told_apart_by_their_ids() {
    let tables = database::tables().await;
    let start = "x".repeat(900);
    for number in 0..30 {
        let name = format!("{start}{number:02}");
        let user = User { id: id(&format!("u{number:02}")), username: name, ..user("Ada") };
        tables.directory.write_user(&new_user(&user, &[])).await.unwrap();
    }
    for limit in [1, 7] {
        let found = names(&*tables.listing, "", limit).await;
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 30);
        assert_eq!(found.len(), 30);
    }
}

#[tokio::test]
async fn a_renamed_user_stands_at_his_new_name_and_a_deleted_one_nowhere() {
    let tables = database::tables().await;
    let ada = put_user(&*tables.directory, "Ada", &[]).await;
    put_user(&*tables.directory, "Bob", &[]).await;
    let new = User { username: "Zoe".into(), ..ada.clone() };
    let write = UserWrite { old: Some(ada), new, join: ids(&[]), leave: ids(&[]) };
    tables.directory.write_user(&write).await.unwrap();
    assert_eq!(names(&*tables.listing, "", 1).await, ["Bob@example.org", "Zoe"]);
    tables.directory.delete_user(&id("bob")).await.unwrap();
    assert_eq!(names(&*tables.listing, "", 1).await, ["Zoe"]);
}

#[tokio::test]
async fn groups_are_listed_apart_from_users_and_read_together() {
    let tables = database::tables().await;
    put_user(&*tables.directory, "Ada", &[]).await;
    let groups = put_groups(&*tables.directory, &["staff", "Board", "Sales"]).await;
    let page = tables.listing.groups("", None, 10).await.unwrap();
    let names: Vec<_> = page.items.iter().map(|(_, group)| group.name.as_str()).collect();
    assert_eq!((names, page.next), (vec!["Board", "Sales", "staff"], None));
    let found = tables.listing.groups_among(&[&groups[..2], &[id("nothing")]].concat()).await.unwrap();
    assert_eq!(found.len(), 2);
}
