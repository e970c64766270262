//! The program killed at random moments, over and over: the next run goes on, and in the end it is as if nothing had
//! happened.

use std::process::Stdio;
use std::time::Duration;

use super::company::{Company, shown};
use super::program::Operator;
use crate::ledger::{self, Ledger};
use crate::servers::{Product, start};

/// However busy the machine is, no run is given longer before it is killed.
const LONGEST_RUN: Duration = Duration::from_secs(8);

/// Kills twenty runs, each after a time that grows step by step through a whole run, then lets one end.
async fn killed_twenty_times(operator: &Operator<'_>, company: &Company, whole: Duration) {
    for kill in 1..=20 {
        let mut run =
            operator.command(company).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a run");
        // Not evenly: many deaths early, where the first writes are, and some late.
        let after = whole * (kill * kill + 7 * kill) / 540;
        tokio::time::sleep(after).await;
        run.kill().expect("SIGKILL");
        run.wait().expect("an end");
    }
    let last = operator.sync(company, &[]);
    assert_eq!(last.code, 0, "{:#}", last.report);
}

/// The log, replayed, tells what the server holds; an event missing or told twice would show.
async fn told_once(operator: &Operator<'_>, company: &Company) {
    let events = operator.events().await;
    let ledger = Ledger::replay(&events, "after forty deaths");
    let accounts = company.accounts().into_iter();
    let accounts = accounts.map(|(name, account)| (name, account.active.then_some(account.title))).collect();
    assert_eq!(ledger.accounts(), accounts, "{}", ledger::shown(&events));
    assert_eq!(ledger.members(), company.members(), "{}", ledger::shown(&events));
}

#[tokio::test]
async fn twenty_deaths_of_a_first_sync_and_of_a_change_leave_no_trace() {
    let test = "twenty_deaths_of_a_first_sync_and_of_a_change_leave_no_trace";
    let Some(server) = start(test, Product::Scim2Server).await else { return };

    // How long an undisturbed run takes here, on another server of the same kind.
    let Some(other) = start(test, Product::Scim2Server).await else { return };
    let mut company = Company::of(80, 8, 3);
    let began = tokio::time::Instant::now();
    assert_eq!(Operator::of(&other).sync(&company, &[]).code, 0);
    let whole = began.elapsed().min(LONGEST_RUN);

    let operator = Operator::of(&server);
    killed_twenty_times(&operator, &company, whole).await;
    assert_eq!(shown(&server).await, (company.accounts(), company.members()));

    for index in 0..40 {
        company.person(&format!("E-{index:05}")).title = "Countess".into();
    }
    for index in 40..60 {
        company.person(&format!("E-{index:05}")).groups = ["G-001".to_owned()].into();
    }
    let leavers: Vec<String> = (60..67).map(|index| format!("E-{index:05}")).collect();
    for leaver in &leavers {
        company.person(leaver).disabled = true;
    }
    killed_twenty_times(&operator, &company, whole / 2).await;
    assert_eq!(shown(&server).await, (company.accounts(), company.members()));
    told_once(&operator, &company).await;
    assert_eq!(operator.sync(&company, &[]).writes(), 0);
}
