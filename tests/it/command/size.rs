//! A first sync of some size costs one request for each object, and a listing.

use super::company::{Company, shown};
use super::program::Operator;
use crate::servers::{Product, start};

/// Reads beside the sync itself: the control read, `/ServiceProviderConfig`, `/Schemas` and what else discovery asks.
const DISCOVERY: u64 = 6;

#[tokio::test]
async fn a_thousand_users_and_fifty_groups_cost_a_request_each() {
    let test = "a_thousand_users_and_fifty_groups_cost_a_request_each";
    let Some(server) = start(test, Product::Scim2Server).await else { return };
    let operator = Operator::of(&server);
    let company = Company::of(1_000, 50, 5);
    assert!(company.members().values().all(|members| members.len() == 100));

    let first = operator.sync(&company, &[]);
    assert_eq!(first.code, 0, "{:#}", first.report);
    assert_eq!(shown(&server).await, (company.accounts(), company.members()));
    let most = 1_050 * 105 / 100 + DISCOVERY;
    assert!(first.requests() <= most, "{} requests, at most {most} are allowed", first.requests());

    let second = operator.sync(&company, &[]);
    assert_eq!((second.code, second.writes()), (0, 0));
}
