//! The command `rollcall sync` as people and schedulers use it: the program itself, against a stand-in target.

mod managers;
mod world;

use serde_json::Value;
use testkit::Fault;

use world::{TOKEN, World, code, text};

/// So many people, all in one group.
fn crowd(count: usize) -> String {
    let lines = (0..count).map(|number| format!("user{number},Everyone\n"));
    "username,groups\n".to_owned() + &lines.collect::<String>()
}

fn active_users(world: &World) -> usize {
    let active = |user: &scim::Resource| user.as_json().get("active") == Some(&Value::Bool(true));
    world.target.users().iter().filter(|user| active(user)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_target_receives_everybody_and_their_groups_with_one_request_each() {
    let world = World::new().await;
    let output = world.sync("username,title,groups\nada,Countess,Eng;Leads\nbob,,Eng\nzoe,,\n", &[]).await;
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(world.target.counts(), (2, 2), "who is in no group is not provisioned");
    assert_eq!(world.target.members_of("Eng"), ["ada".to_owned(), "bob".to_owned()].into());
    assert_eq!(world.target.user("ada").expect("ada").text("title"), Some("Countess"));
    assert_eq!(world.target.writes().len(), 4);
    assert!(text(&output).contains("In step."), "{}", text(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_data_a_second_run_finds_its_accounts_and_removes_nobody() {
    let world = World::new().await;
    world.sync("username,groups\nada,Eng\nbob,Eng\n", &[]).await;
    world.target.clear_log();
    let output = world.sync("username,groups\nada,Eng\n", &[]).await;
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(active_users(&world), 2);
    assert!(text(&output).contains("nothing is removed"), "{}", text(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_data_leavers_are_deactivated_and_those_who_come_back_reactivated() {
    let world = World::new().await;
    let (first, _) = world.keep("username,groups\nada,Eng\nbob,Eng\n", &[]).await;
    let (second, told) = world.keep("username,groups\nada,Eng\n", &[]).await;
    assert_eq!((first, second), (0, 0), "{told}");
    assert_eq!(told["users"]["deactivated"], 1, "{told:#}");
    assert_eq!(told["memberships_removed"], 1, "{told:#}");
    assert_eq!(active_users(&world), 1);
    let (_, told) = world.keep("username,groups\nada,Eng\nbob,Eng\n", &[]).await;
    assert_eq!(told["users"]["reactivated"], 1, "{told:#}");
    assert_eq!(world.target.counts().0, 2, "no second account");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changed_writes_nothing() {
    let world = World::new().await;
    world.keep(&crowd(30), &[]).await;
    world.target.clear_log();
    let (code, told) = world.keep(&crowd(30), &[]).await;
    assert_eq!(code, 0);
    assert_eq!(world.target.writes().len(), 0, "{told:#}");
    assert_eq!(told["requests"]["writes"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_removals_are_held_until_that_many_are_allowed() {
    let world = World::new().await;
    world.keep(&crowd(30), &[]).await;
    let fewer = crowd(20) + "new,Everyone\n";
    let (code, told) = world.keep(&fewer, &[]).await;
    assert_eq!(code, 3, "{told:#}");
    assert_eq!(told["held"]["removals"], 10);
    assert_eq!(active_users(&world), 31, "additions are made, nothing is taken");
    let (code, _) = world.keep(&fewer, &["--allow-removals", "9"]).await;
    assert_eq!((code, active_users(&world)), (3, 31));
    let (code, told) = world.keep(&fewer, &["--allow-removals", "10"]).await;
    assert_eq!((code, active_users(&world)), (0, 21), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_names_nobody_removes_nobody() {
    let world = World::new().await;
    world.keep(&crowd(2), &[]).await;
    let (code, _) = world.keep("username,groups\n", &[]).await;
    assert_eq!((code, active_users(&world)), (3, 2));
    let (code, told) = world.keep("username,groups\n", &["--allow-removals", "2"]).await;
    assert_eq!((code, active_users(&world)), (0, 0), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn selecting_less_is_held_like_any_removal() {
    let world = World::new().await;
    let text = crowd(30) + "ada,Leads\n";
    world.keep(&text, &[]).await;
    let (code, told) = world.keep(&text, &["--groups", "leads"]).await;
    assert_eq!((code, active_users(&world)), (3, 31), "{told:#}");
    let (code, told) = world.keep(&text, &["--groups", "leads", "--allow-removals", "30"]).await;
    assert_eq!((code, active_users(&world)), (0, 1), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_with_an_id_and_a_changed_mapping_are_one_request_each() {
    let world = World::new().await;
    world.keep("username,id,job,groups\nada,e1,Boss,Eng\nbob,e2,,Eng\n", &[]).await;
    world.target.clear_log();
    let (code, told) = world.keep("username,id,job,groups\ncountess,e1,Boss,Eng\nbob,e2,,Eng\n", &[]).await;
    assert_eq!((code, world.target.writes().len()), (0, 1), "{told:#}");
    assert!(world.target.user("countess").is_some());
    world.target.clear_log();
    let args = ["--map", "title=job"];
    let (code, told) = world.keep("username,id,job,groups\ncountess,e1,Boss,Eng\nbob,e2,,Eng\n", &args).await;
    assert_eq!((code, world.target.writes().len()), (0, 1), "{told:#}");
    assert_eq!(world.target.user("countess").expect("her").text("title"), Some("Boss"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_done_and_writes_nothing_anywhere() {
    let world = World::new().await;
    world.keep("username,groups\nada,Eng\nbob,Eng\n", &[]).await;
    world.target.clear_log();
    let (code, told) = world.keep("username,title,groups\nada,Boss,Eng\ncy,,Eng\n", &["--dry-run"]).await;
    assert_eq!(code, 0, "{told:#}");
    assert_eq!(world.target.writes().len(), 0);
    let users = &told["users"];
    assert_eq!([&users["created"], &users["updated"], &users["deactivated"]], [1, 1, 1], "{told:#}");
    let (_, told) = world.keep("username,title,groups\nada,Boss,Eng\ncy,,Eng\n", &[]).await;
    let users = &told["users"];
    assert_eq!(
        [&users["created"], &users["updated"], &users["deactivated"]],
        [1, 1, 1],
        "as was said: {told:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_user_fails_alone_and_is_told_with_the_reason() {
    let world = World::new().await;
    world.target.fail(Fault::always().method("POST").about("bob").status(400));
    let output = world.sync("username,groups\nada,Eng\nbob,Eng\n", &[]).await;
    assert_eq!(code(&output), 1, "{}", text(&output));
    assert!(text(&output).contains("user bob: "), "{}", text(&output));
    assert_eq!(world.target.members_of("Eng"), ["ada".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn input_that_cannot_be_used_ends_with_2_and_touches_nothing() {
    let world = World::new().await;
    let good = "username,groups\nada,Eng\n";
    for (file, arguments, told) in [
        ("username,status\nada,gone\n", &[][..], "line 2, status: 'gone' is not a status"),
        ("email\nx\n", &[], "no column 'username'"),
        ("username\nada\n", &[], "add the column 'groups'"),
        (good, &["--groups", "Enf"], "no group 'Enf'"),
        (good, &["--map", "titel=username"], "no attribute 'titel'"),
        (good, &["--map", "title=job"], "no column 'job'"),
        (good, &["--token-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
    ] {
        let output = world.sync(file, arguments).await;
        assert_eq!(code(&output), 2, "{}", text(&output));
        assert!(text(&output).contains(told), "{}", text(&output));
    }
    assert_eq!(world.target.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down_no_scim_endpoint_or_refuses_the_token_is_said_plainly() {
    let world = World::new().await;
    let good = "username,groups\nada,Eng\n";
    world.target.set_token("another");
    let output = world.sync(good, &[]).await;
    assert_eq!(code(&output), 1);
    assert!(text(&output).contains("refuses the token in ROLLCALL_TOKEN"), "{}", text(&output));
    world.target.set_token(TOKEN);
    world.target.fail(Fault::always().web_page());
    let output = world.sync(good, &[]).await;
    assert_eq!(code(&output), 1);
    assert!(text(&output).contains("cannot be provisioned"), "{}", text(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_target_needs_the_flag() {
    let world = World::new().await;
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(["sync", "--directory"])
        .arg(world.file("username\nada\n"))
        .args(["--target", world.target.base_url().as_str()])
        .env("ROLLCALL_TOKEN", TOKEN)
        .output()
        .await
        .expect("an output");
    assert_eq!(code(&output), 2);
    assert!(text(&output).contains("--allow-local-target"), "{}", text(&output));
    assert_eq!(world.target.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_an_old_name_and_a_new_id_takes_nobodys_account_away() {
    let world = World::new().await;
    let people = |id: &str| {
        format!(
            "{{\"group\":{{\"id\":\"{id}\",\"name\":\"Eng\"}}}}\n{}\n{}\n",
            format_args!("{{\"username\":\"ada\",\"groups\":[{{\"id\":\"{id}\"}}]}}"),
            format_args!("{{\"username\":\"bob\",\"groups\":[{{\"id\":\"{id}\"}}]}}"),
        )
    };
    world.keep(&people("g1"), &[]).await;
    world.target.clear_log();
    let (code, told) = world.keep(&people("g2"), &[]).await;
    // The target's group is linked to the old one: whose it is, a person decides.
    assert_eq!((code, active_users(&world)), (1, 2), "{told:#}");
    assert!(told["failures"][0]["reason"].to_string().contains("is the counterpart of"), "{told:#}");
    assert_eq!(told["users"]["deactivated"], 0, "{told:#}");
    let touched: Vec<_> =
        world.target.writes().into_iter().filter(|request| request.path.contains("/Users")).collect();
    assert!(touched.is_empty(), "{touched:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_with_an_id_is_renamed_by_one_request() {
    let world = World::new().await;
    let people = |name: &str| {
        format!(
            "{{\"group\":{{\"id\":\"g1\",\"name\":\"{name}\"}}}}\n{{\"username\":\"ada\",\"groups\":[{{\"id\":\"g1\"}}]}}\n"
        )
    };
    world.keep(&people("Eng"), &[]).await;
    world.target.clear_log();
    let (code, told) = world.keep(&people("Engineering"), &[]).await;
    assert_eq!((code, world.target.writes().len()), (0, 1), "{told:#}");
    assert_eq!(world.target.members_of("Engineering"), ["ada".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refused_the_token_for_a_while_is_in_step_after_the_next_run() {
    let world = World::new().await;
    let text = "username,groups\nada,Eng\nbob,Eng\n";
    world.target.fail(Fault::always().method("POST").status(401));
    let (code, told) = world.keep(text, &[]).await;
    assert_eq!(code, 1, "{told:#}");
    assert!(told["failures"].to_string().contains("nothing is sent any more"), "{told:#}");
    world.target.clear_faults();
    let (code, told) = world.keep(text, &[]).await;
    assert_eq!((code, world.target.counts()), (0, (2, 1)), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_asks_to_wait_is_waited_for() {
    let world = World::new().await;
    world.target.fail(Fault::next(2).method("POST").status(429).header("Retry-After", "1"));
    let output = world.sync("username,groups\nada,Eng\nbob,Eng\n", &[]).await;
    assert_eq!((code(&output), world.target.counts()), (0, (2, 1)), "{}", text(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_again_by_the_next_run() {
    let world = World::new().await;
    let text = "username,groups\nada,Eng\nbob,Eng\n";
    world.target.fail(Fault::always().method("POST").about("bob").status(400));
    let (first, _) = world.keep(text, &[]).await;
    world.target.clear_faults();
    let (second, told) = world.keep(text, &[]).await;
    assert_eq!((first, second), (1, 0), "{told:#}");
    assert_eq!(world.target.members_of("Eng").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_can_be_left_out_and_brought_back() {
    let world = World::new().await;
    let text = "username,groups\nada,Eng\n";
    world.keep(text, &["--exclude-group-information"]).await;
    assert_eq!(world.target.counts(), (1, 0));
    let (code, told) = world.keep(text, &[]).await;
    assert_eq!((code, world.target.counts()), (0, (1, 1)), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_data_directory_keeps_two_applications_apart() {
    let world = World::new().await;
    let text = "username,groups\nada,Eng\nbob,Eng\n";
    world.keep(text, &[]).await;
    let other = World { target: World::new().await.target, files: world.files };
    let (code, told) = other.keep(text, &[]).await;
    assert_eq!((code, other.target.counts()), (0, (2, 1)), "{told:#}");
    assert_eq!(told["users"]["created"], 2, "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_without_data_tells_new_accounts_from_those_that_are_there() {
    let world = World::new().await;
    world.sync("username,groups\nada,Eng\n", &[]).await;
    world.target.clear_log();
    let output = world.sync("username,groups\nADA,Eng\nbob,Eng\n", &["--dry-run", "--json"]).await;
    let told: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(
        [&told["users"]["created"], &told["users"]["adopted"], &told["groups"]["adopted"]],
        [1, 1, 1],
        "{told:#}"
    );
    assert_eq!(world.target.writes().len(), 0);
}
