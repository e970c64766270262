//! The bare client against the stand-in: the yardstick itself must do what it is measured for.

use testkit::{StandIn, StandInConfig, bare_client, sample};

#[tokio::test]
async fn everything_is_created_with_its_members() {
    let stand_in = StandIn::start(StandInConfig::default()).await.expect("a stand-in");
    let directory = sample::directory(300, 10, 3, 1).expect("a directory");
    bare_client::create_all(stand_in.base_url(), &stand_in.token(), &directory).await.expect("all created");
    assert_eq!(stand_in.counts(), (300, 10));
    assert_eq!(stand_in.request_count(), 310);
    let members: usize = directory.groups.iter().map(|group| stand_in.members_of(&group.name).len()).sum();
    assert_eq!(members, directory.memberships.len());
}
