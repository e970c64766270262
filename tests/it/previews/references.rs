//! Whom a user names, where that user himself must name somebody.

use provisioning::application::{Configuration, Policy};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::preview::RowAction;
use provisioning::value::Value;

use super::{of, previewed, settled};
use crate::world::World;

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
const MENTOR: &str = "nickName";

/// Everybody may have a manager; from when on is said, everybody must have a mentor.
async fn mapped(world: &World, mentors: bool) {
    let mapped = |target: &str, source, required| MappedAttribute {
        target: target.parse().unwrap(),
        source,
        required,
    };
    let mut attributes = vec![
        mapped("userName", Source::Directory(DirectoryAttribute::Username), true),
        mapped(MANAGER, Source::Reference("manager".into()), false),
    ];
    attributes.extend(mentors.then(|| mapped(MENTOR, Source::Reference("mentor".into()), true)));
    let policy = Policy { grace_seconds: 0, ..Policy::default() };
    let mapping = Some(Mapping { attributes });
    let new = Configuration { mapping, policy: Some(policy), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
}

async fn hire(world: &World, name: &str, named: &[(&str, &str)]) {
    let write = |user: &mut provisioning::directory::User| {
        for (attribute, whom) in named {
            let whom = Value::reference(&whom.parse().unwrap());
            user.custom.insert((*attribute).into(), whom);
        }
    };
    world.write_user(name, &["sales"], write).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_who_comes_follows_although_he_must_name_somebody_himself() {
    let mut world = World::new(&["sales"]).await;
    mapped(&world, false).await;
    world.group("sales", "Sales").await;
    hire(&world, "boss", &[("mentor", "boss")]).await;
    world.enable().await;
    settled(&mut world).await;
    world.setup.disable(&world.application).await.unwrap();
    mapped(&world, true).await;
    hire(&world, "mid", &[("mentor", "boss")]).await;
    hire(&world, "ann", &[("mentor", "boss"), ("manager", "mid")]).await;
    settled(&mut world).await;

    let (_, rows) = previewed(&world, "p1").await;
    let ann = of(&rows, "ann").unwrap();
    assert_eq!((ann.action, of(&rows, "mid").unwrap().action), (RowAction::Create, RowAction::Create));
    let follows: Vec<_> = ann.follows.iter().map(|follows| follows.username.as_str()).collect();
    assert_eq!(follows, ["mid"]);

    world.enable().await;
    settled(&mut world).await;
    let account = |name: &str| world.stand_in.user(name).unwrap();
    let manager = account("ann").read(&MANAGER.parse().unwrap()).cloned();
    assert_eq!(manager.as_ref().and_then(serde_json::Value::as_str), account("mid").id().as_deref());
}
