//! The life of people and groups, change by change: what each costs, and what the server holds afterwards.

use super::company::{Company, shown};
use super::program::{Operator, Run};
use crate::servers::{Product, Server, start};

/// Syncs and compares the server's store with the company; leavers' accounts stay, inactive.
async fn in_step(operator: &Operator<'_>, server: &Server, company: &Company, what: &str) -> Run {
    let run = operator.sync(company, &[]);
    assert_eq!(run.code, 0, "{what}: {:#}", run.report);
    let (accounts, members) = shown(server).await;
    let wanted = company.accounts();
    for (name, account) in &accounts {
        match wanted.get(name) {
            Some(person) => assert_eq!((name, person), (name, account), "{what}"),
            None => assert!(!account.active, "{what}: {name} left and is active"),
        }
    }
    assert!(wanted.keys().all(|name| accounts.contains_key(name)), "{what}: somebody is missing");
    assert_eq!(members, company.members(), "{what}");
    run
}

async fn life_cycle(test: &str, product: Product) {
    let Some(server) = start(test, product).await else { return };
    let operator = Operator::of(&server);
    let mut company = Company::of(40, 6, 2);

    let first = in_step(&operator, &server, &company, "first sync").await;
    assert_eq!(first.writes(), 46, "one create for each user and group");
    assert_eq!(in_step(&operator, &server, &company, "nothing changed").await.writes(), 0);

    company.person("E-00001").title = "Countess".into();
    assert_eq!(in_step(&operator, &server, &company, "a title").await.writes(), 1);

    let moved = company.person("E-00002");
    moved.groups.remove("G-002");
    moved.groups.insert("G-003".into());
    assert_eq!(in_step(&operator, &server, &company, "a move").await.writes(), 2, "one PATCH for each group");

    let gone = company.people.remove("E-00003").expect("somebody");
    let leaver = in_step(&operator, &server, &company, "a leaver").await;
    assert_eq!(leaver.writes(), 1 + gone.groups.len() as u64);
    assert_eq!(leaver.report["users"]["deactivated"], 1);

    company.people.insert("E-00003".into(), gone.clone());
    let back = in_step(&operator, &server, &company, "a returner").await;
    assert_eq!(back.writes(), 1 + gone.groups.len() as u64);
    assert_eq!(back.report["users"]["reactivated"], 1);

    company.person("E-00004").username = "renamed@example.org".into();
    let renamed = in_step(&operator, &server, &company, "a renamed user").await;
    assert_eq!(renamed.writes(), 1);
    assert_eq!(renamed.report["users"]["updated"], 1);

    company.groups.insert("G-004".into(), "Team Four".into());
    assert_eq!(in_step(&operator, &server, &company, "a renamed group").await.writes(), 1);

    company.person("E-00005").disabled = true;
    let suspended = in_step(&operator, &server, &company, "somebody disabled").await;
    assert_eq!(suspended.writes(), 3, "off, and out of two groups");

    company.groups.insert("G-100".into(), "Newcomers".into());
    company.person("E-00006").groups.insert("G-100".into());
    assert_eq!(
        in_step(&operator, &server, &company, "a new group").await.writes(),
        1,
        "one create with its member"
    );

    held(&operator, &server, &company).await;
    assert_eq!(in_step(&operator, &server, &company, "after the fuse").await.writes(), 0);
}

/// An empty file, and half a company, remove nobody until it is allowed.
async fn held(operator: &Operator<'_>, server: &Server, company: &Company) {
    let before = shown(server).await;
    let half = Company { people: company.people.clone().into_iter().take(20).collect(), ..company.clone() };
    for (what, too_little) in [("an empty file", Company::default()), ("half a company", half)] {
        let run = operator.sync(&too_little, &[]);
        assert_eq!(run.code, 3, "{what}: {:#}", run.report);
        assert_eq!(run.writes(), 0, "{what}");
        assert_eq!(shown(server).await, before, "{what}");
    }
}

#[tokio::test]
async fn people_come_change_leave_and_return_at_scim2_server() {
    life_cycle("people_come_change_leave_and_return_at_scim2_server", Product::Scim2Server).await;
}

#[tokio::test]
async fn people_come_change_leave_and_return_at_scimmy() {
    life_cycle("people_come_change_leave_and_return_at_scimmy", Product::Scimmy).await;
}

/// Without memory every run adopts what it finds; nothing is added that is there, also where adding twice makes two.
#[tokio::test]
async fn a_run_without_memory_finds_what_the_one_before_it_made() {
    let test = "a_run_without_memory_finds_what_the_one_before_it_made";
    let Some(server) = start(test, Product::Scimmy).await else { return };
    let company = Company::of(6, 2, 1);
    for run in 1..=3 {
        let told = Operator::of(&server).sync(&company, &[]);
        assert_eq!(told.code, 0, "{:#}", told.report);
        assert_eq!(told.writes(), if run == 1 { 8 } else { 0 }, "run {run}");
    }
    let groups = server.everything(provisioning::target::Kind::Group).await;
    assert!(
        groups.iter().all(|group| group["members"].as_array().is_some_and(|members| members.len() == 3)),
        "{groups:#?}"
    );
}
