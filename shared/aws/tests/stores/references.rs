//! Who names whom: found by whom they name, and taken away at what was read only.

use std::collections::BTreeSet;

use provisioning::ids::{ApplicationId, UserId};

use crate::database::tables;

fn crm() -> ApplicationId {
    "crm".parse().expect("an id")
}

fn user(name: &str) -> UserId {
    name.parse().expect("an id")
}

fn users<const N: usize>(names: [&str; N]) -> BTreeSet<UserId> {
    names.into_iter().map(user).collect()
}

#[tokio::test]
async fn whoever_names_a_user_is_found_page_by_page_in_the_order_of_ids() {
    let tables = tables().await;
    let references = &tables.references;
    for referrer in ["d", "b", "c", "a"] {
        references.record_references(&crm(), &user(referrer), &users(["boss", referrer])).await.unwrap();
    }
    let page =
        |after| async move { references.referrers_page(&crm(), &user("boss"), after, 3).await.unwrap() };
    let first = page(None).await;
    assert_eq!(first, [user("a"), user("b"), user("c")]);
    assert_eq!(page(first.last()).await, [user("d")]);
    assert_eq!(references.referrers_page(&crm(), &user("b"), None, 3).await.unwrap(), [user("b")]);
}

#[tokio::test]
async fn applications_do_not_see_each_others_references() {
    let tables = tables().await;
    tables.references.record_references(&crm(), &user("ann"), &users(["boss"])).await.unwrap();
    let wiki: ApplicationId = "wiki".parse().unwrap();
    assert!(tables.references.referrers_page(&wiki, &user("boss"), None, 9).await.unwrap().is_empty());
    assert!(tables.references.references_to(&wiki, &user("ann"), &users(["boss"])).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_reference_goes_at_the_token_that_was_read_only() {
    let tables = tables().await;
    let (references, ann) = (&tables.references, user("ann"));
    references.record_references(&crm(), &ann, &users(["boss", "dean"])).await.unwrap();
    let read = references.references_to(&crm(), &ann, &users(["boss", "dean", "nobody"])).await.unwrap();
    assert_eq!(
        read.iter().map(|row| row.referenced.clone()).collect::<Vec<_>>(),
        [user("boss"), user("dean")]
    );
    references.record_references(&crm(), &ann, &users(["boss"])).await.unwrap();
    references.forget_references(&crm(), &ann, &read).await.unwrap();
    assert_eq!(
        references.referrers_page(&crm(), &user("boss"), None, 9).await.unwrap(),
        std::slice::from_ref(&ann)
    );
    assert!(references.referrers_page(&crm(), &user("dean"), None, 9).await.unwrap().is_empty());
    references.forget_references(&crm(), &ann, &read).await.unwrap();
}
