//! The forms in which a target is spoken to: each ends in the same, wherever it is taken.

use catalog::{GroupUpdate, MemberRemove, Settings, UserUpdate};
use provisioning::target::{Change, Kind};
use serde_json::json;

use super::subject::{Subject, group, path, texts, user};
use super::{DEPARTMENT, WORK_EMAIL};

pub(super) async fn hold_for(subject: &Subject) {
    let said = Settings::default;
    let put = Settings { user_update: Some(UserUpdate::Put), ..said() };
    a_user_is_changed_and_keeps_the_rest(&subject.spoken_to(put), "put").await;
    if subject.dialect.takes_objects {
        let object = Settings { user_update: Some(UserUpdate::PatchObject), ..said() };
        a_user_is_changed_and_keeps_the_rest(&subject.spoken_to(object), "object").await;
    }
    let put = Settings { group_update: Some(GroupUpdate::Put), ..said() };
    members_and_name_change(&subject.spoken_to(put), "Put").await;
    let mut removals = vec![(MemberRemove::Filter, "Filter"), (MemberRemove::Replace, "Replace")];
    if subject.dialect.removes_as_array {
        removals.push((MemberRemove::Array, "Array"));
    }
    for (form, name) in removals {
        let form = Settings { member_remove: Some(form), ..said() };
        members_and_name_change(&subject.spoken_to(form), name).await;
    }
    let one_by_one = Settings { operations_per_request: Some(1), ..said() };
    members_and_name_change(&subject.spoken_to(one_by_one), "One").await;
    let walked = Settings { filter: Some(false), ..said() };
    a_user_is_changed_and_keeps_the_rest(&subject.spoken_to(walked), "walked").await;
}

async fn a_user_is_changed_and_keeps_the_rest(subject: &Subject, form: &str) {
    let attributes = [
        ("title", "Engineer"),
        ("name.givenName", "Una"),
        ("name.familyName", "Forms"),
        (WORK_EMAIL, "una@example.org"),
        (DEPARTMENT, "Engines"),
    ];
    let made = subject.create(user(&format!("una.{form}"), &attributes)).await;
    subject
        .change(&made, &[("title", Some("Engineer"), Some("Director")), ("nickName", None, Some("U"))])
        .await;
    subject.change(&made, &[(WORK_EMAIL, Some("una@example.org"), Some("u@example.org"))]).await;
    subject.change(&made, &[(DEPARTMENT, Some("Engines"), Some("Looms"))]).await;
    subject.change(&made, &[("nickName", Some("U"), None)]).await;
    let shown = subject.read(Kind::User, &made).await;
    assert_eq!((shown.name, shown.external_id), (format!("una.{form}"), Some(format!("ext-una.{form}"))));
    for (attribute, value) in [
        ("title", "Director"),
        ("name.givenName", "Una"),
        ("name.familyName", "Forms"),
        (WORK_EMAIL, "u@example.org"),
        (DEPARTMENT, "Looms"),
    ] {
        assert_eq!(shown.resource.read(&path(attribute)), Some(&json!(value)), "{form}: {attribute}");
    }
    assert_eq!(shown.resource.read(&path("nickName")), None, "{form}");
}

async fn members_and_name_change(subject: &Subject, form: &str) {
    let mut people = Vec::new();
    for name in ["vic", "wes", "xia"] {
        people.push(subject.create(user(&format!("{name}.{form}"), &[])).await);
    }
    let [vic, wes, xia] = people.as_slice() else { unreachable!("there are three") };
    let crew = subject.create(group(&format!("{form} crew"), &[vic, wes])).await;
    let renamed = Change {
        attribute: path("displayName"),
        old: Some(format!("{form} crew").as_str().into()),
        new: Some(format!("{form} team").as_str().into()),
    };
    subject.update(Kind::Group, &crew, vec![renamed], &[xia], &[vic]).await;
    assert_eq!(subject.members(&crew).await, texts(&[wes, xia]), "{form}");
    assert_eq!(subject.read(Kind::Group, &crew).await.name, format!("{form} team"));
    subject.take_out(&crew, &[vic, wes]).await;
    assert_eq!(subject.members(&crew).await, texts(&[xia]), "{form}");
    subject.update(Kind::Group, &crew, Vec::new(), &[vic], &[xia]).await;
    assert_eq!(subject.members(&crew).await, texts(&[vic]), "{form}");
}
