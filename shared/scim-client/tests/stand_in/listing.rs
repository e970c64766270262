//! Look-ups and lists, at targets that do as they should and at those that do not.

use provisioning::ports::Target;
use provisioning::target::{Capabilities, Kind, MatchKey};
use serde_json::json;
use testkit::{Quirks, StandIn, StandInConfig};

use crate::example::*;

async fn with_users(count: usize, page_limit: usize, quirks: Quirks) -> StandIn {
    let config = StandInConfig { page_limit, quirks, ..StandInConfig::default() };
    let stand_in = StandIn::start(config).await.expect("a stand-in");
    for number in 1..=count {
        let user = json!({"userName": format!("user{number}"), "externalId": format!("e{number}")});
        stand_in.seed(Kind::User, &user).expect("a user");
    }
    stand_in
}

async fn walked(target: &dyn Target) -> Vec<String> {
    let mut names = Vec::new();
    let mut next = Some(1);
    while let Some(start) = next {
        let page = target.list(Kind::User, start).await.result.expect("a page");
        names.extend(page.found.into_iter().map(|found| found.name));
        next = page.next;
        assert!(names.len() < 1_000, "the list never ends");
    }
    names
}

#[tokio::test]
async fn every_page_is_read_once() {
    let stand_in = with_users(25, 10, Quirks::default()).await;
    let names = walked(&*target(&stand_in)).await;
    assert_eq!(names.len(), 25);
    assert_eq!(stand_in.request_count(), 3);
}

#[tokio::test]
async fn a_list_that_repeats_its_last_row_ends() {
    let stand_in = with_users(25, 10, Quirks { repeats_past_the_end: true, ..Quirks::default() }).await;
    assert_eq!(walked(&*target(&stand_in)).await.len(), 25);
}

#[tokio::test]
async fn an_empty_target_is_one_page() {
    let stand_in = with_users(0, 10, Quirks::default()).await;
    assert!(walked(&*target(&stand_in)).await.is_empty());
    assert_eq!(stand_in.request_count(), 1);
}

#[tokio::test]
async fn a_look_up_is_one_request_and_ignores_the_case_of_names_only() {
    let stand_in = with_users(3, 10, Quirks::default()).await;
    let target = target(&stand_in);
    let target = &target;
    let by = |key| async move { target.find(Kind::User, &key).await.result.expect("an answer").len() };
    assert_eq!(by(MatchKey::Name("USER2".into())).await, 1);
    assert_eq!(by(MatchKey::ExternalId("e2".into())).await, 1);
    assert_eq!(by(MatchKey::ExternalId("E2".into())).await, 0);
    assert_eq!(by(MatchKey::Name("user\" or userName pr".into())).await, 0);
    assert_eq!(stand_in.request_count(), 4);
}

#[tokio::test]
async fn a_target_that_ignores_filters_never_gives_a_stranger() {
    let stand_in = with_users(25, 10, Quirks { ignore_filter: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let found = target.find(Kind::User, &MatchKey::Name("user25".into())).await.result.expect("an answer");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].external_id.as_deref(), Some("e25"));
    let none = target.find(Kind::User, &MatchKey::Name("nobody".into())).await.result.expect("an answer");
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_target_that_refuses_filters_is_walked() {
    let stand_in = with_users(25, 10, Quirks { no_filter: true, ..Quirks::default() }).await;
    for filter in [true, false] {
        let target = target_with(&stand_in, Capabilities { filter, ..Capabilities::default() });
        let found =
            target.find(Kind::User, &MatchKey::ExternalId("e17".into())).await.result.expect("an answer");
        assert_eq!(found[0].name, "user17");
    }
}

#[tokio::test]
async fn a_target_that_refuses_to_leave_members_out_is_asked_for_all_and_that_is_learned() {
    let stand_in = stand_in(Quirks { refuses_exclusion: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let crew = made(&*target, &create_group("Crew", &[])).await;
    let key = MatchKey::Name("Crew".into());
    for _ in 0..2 {
        let found = target.find(Kind::Group, &key).await.result.expect("found");
        assert_eq!(found.first().map(|found| &found.remote_id), Some(&crew.remote_id));
    }
    let refused = stand_in.requests().iter().filter(|request| request.status == 400).count();
    assert_eq!((refused, target.learned().excludes_attributes), (1, Some(false)));
}

#[tokio::test]
async fn what_an_administrator_says_of_leaving_members_out_stands() {
    let stand_in = stand_in(Quirks { refuses_exclusion: true, ..Quirks::default() }).await;
    let said = catalog::Settings { excludes_attributes: Some(true), ..catalog::Settings::default() };
    let target = target_with(&stand_in, Capabilities::default().overridden(said));
    assert!(target.find(Kind::Group, &MatchKey::Name("Crew".into())).await.result.is_err());
    assert_eq!(target.learned(), catalog::Settings::default());
}
