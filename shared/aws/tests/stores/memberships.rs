use provisioning::ids::UserId;
use provisioning::link::MemberRemoval;
use provisioning::ports::{Pushed, Todo};

use crate::database;
use crate::examples::{at, id, remote};

fn users(count: usize) -> Vec<UserId> {
    (0..count).map(|number| id(&format!("u{number:03}"))).collect()
}

fn pushed(user: &UserId) -> Pushed {
    Pushed {
        user: user.clone(),
        remote_id: remote(&format!("r-{user}")),
        target_generation: 2,
        since: Some(at(3)),
        removal: None,
    }
}

#[tokio::test]
async fn todo_rows_are_finished_unless_they_were_renewed() {
    let memberships = database::tables().await.memberships;
    let (crm, staff) = (id("crm"), id("staff"));
    let mut named = users(60);
    named.extend(users(1));
    memberships.put_todo(&crm, &staff, &named).await.unwrap();
    let rows = memberships.todo(&crm, &staff, 100).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.user.clone()).collect::<Vec<_>>(), users(60));
    assert_eq!(memberships.todo(&crm, &staff, 10).await.unwrap(), rows[..10]);

    memberships.put_todo(&crm, &staff, &[id("u007")]).await.unwrap();
    memberships.finish_todo(&crm, &staff, &rows).await.unwrap();
    memberships.finish_todo(&crm, &staff, &rows).await.unwrap();
    let left: Vec<Todo> = memberships.todo(&crm, &staff, 100).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].user, id("u007"));
    assert_ne!(left[0].token, rows[7].token);
    assert!(memberships.todo(&crm, &id("sales"), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn pushed_members_are_recorded_and_forgotten_from_both_sides() {
    let memberships = database::tables().await.memberships;
    let (crm, staff, sales) = (id("crm"), id("staff"), id("sales"));
    let all: Vec<_> = users(130).iter().map(pushed).collect();
    memberships.record_pushed(&crm, &staff, &all).await.unwrap();
    memberships.record_pushed(&crm, &sales, &all[..1]).await.unwrap();
    memberships.record_pushed(&id("other"), &sales, &all[..1]).await.unwrap();

    let among = memberships.pushed_among(&crm, &staff, &users(140)).await.unwrap();
    assert_eq!(among.len(), 130);
    assert_eq!(among[&id("u003")], all[3]);
    let mut groups = memberships.groups_pushed_in(&crm, &id("u000")).await.unwrap();
    groups.sort();
    assert_eq!(groups, [sales.clone(), staff.clone()]);

    let mut seen: Vec<Pushed> = Vec::new();
    loop {
        let after = seen.last().map(|pushed| pushed.user.clone());
        let page = memberships.pushed_page(&crm, &staff, after.as_ref(), 50).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);

    memberships.forget_pushed(&crm, &staff, &users(129)).await.unwrap();
    assert_eq!(memberships.pushed_page(&crm, &staff, None, 50).await.unwrap(), all[129..]);
    assert_eq!(memberships.groups_pushed_in(&crm, &id("u000")).await.unwrap(), [sales]);
    assert!(memberships.groups_pushed_in(&crm, &id("u001")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_member_pushed_again_has_the_newer_remote_id() {
    let memberships = database::tables().await.memberships;
    let (crm, staff, ada): (_, _, UserId) = (id("crm"), id("staff"), id("ada"));
    let newer = Pushed { remote_id: remote("new"), ..pushed(&ada) };
    memberships.record_pushed(&crm, &staff, &[pushed(&ada), newer.clone()]).await.unwrap();
    let among = memberships.pushed_among(&crm, &staff, std::slice::from_ref(&ada)).await.unwrap();
    assert_eq!(among[&ada], newer);
}

#[tokio::test]
async fn what_is_said_of_members_is_written_unless_they_changed_since() {
    let memberships = database::tables().await.memberships;
    let (crm, staff) = (id("crm"), id("staff"));
    let [ada, bob, cyd]: [Pushed; 3] = [pushed(&id("ada")), pushed(&id("bob")), pushed(&id("cyd"))];
    memberships.record_pushed(&crm, &staff, &[ada.clone(), bob.clone()]).await.unwrap();
    let held = |member: &Pushed| Pushed { removal: Some(MemberRemoval::Held(at(5))), ..member.clone() };
    let said = |member: &Pushed| (member.clone(), held(member));
    assert!(!memberships.restamp(&crm, &staff, &[said(&ada), said(&cyd)]).await.unwrap());
    let stale = Pushed { removal: Some(MemberRemoval::Kept), ..ada.clone() };
    assert!(!memberships.restamp(&crm, &staff, &[(ada.clone(), stale)]).await.unwrap());
    let page = memberships.pushed_page(&crm, &staff, None, 10).await.unwrap();
    assert_eq!(
        page,
        [held(&ada), bob.clone()],
        "who is not there is not made, and who changed is passed over"
    );
    let permitted = Pushed { removal: Some(MemberRemoval::Permitted(at(6))), ..ada.clone() };
    assert!(memberships.restamp(&crm, &staff, &[(held(&ada), permitted.clone())]).await.unwrap());
    memberships.restamp(&crm, &staff, &[(permitted, ada.clone())]).await.unwrap();
    assert_eq!(memberships.pushed_page(&crm, &staff, None, 10).await.unwrap(), [ada, bob]);
}

#[tokio::test]
async fn who_is_pushed_is_found_from_his_side_with_when() {
    let memberships = database::tables().await.memberships;
    let (crm, staff, sales) = (id("crm"), id("staff"), id("sales"));
    let ada = pushed(&id("ada"));
    let earlier = Pushed { since: None, ..ada.clone() };
    memberships.record_pushed(&crm, &staff, std::slice::from_ref(&ada)).await.unwrap();
    memberships.record_pushed(&crm, &sales, std::slice::from_ref(&earlier)).await.unwrap();
    let mut found = memberships.pushed_of(&crm, &id("ada")).await.unwrap();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(found, [(sales, earlier), (staff, ada)]);
}
