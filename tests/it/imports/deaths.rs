//! A process may die between any two writes of an import: the end is the same, and so is what is told of it.

use provisioning::directory::file::Format;

use super::COMPLETE;
use crate::world::{Crash, Run, When, World};

const BEFORE: &str = "username,id,groups,title\nada,1,Eng,x\nbob,2,Eng;Ops,\ncy,3,Ops,\ndan,4,Old,\n";
/// Creates, changes, renames onto a name that a leaver bears, disables, leaves groups, and has a broken line.
const AFTER: &str = "username,id,groups,title,status\ncy,2,Eng,,\nada,1,Leads,,disabled\neve,5,Eng;New,boss,\nfay,6,,,gone\ngil,7,New,,\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_survives_a_death_at_every_write() {
    let mut calm = World::new(&["eng"]).await;
    calm.imported(BEFORE, COMPLETE).await;
    let id = calm.upload(Format::CommaSeparated, AFTER, 20).await;
    let expected = calm.committed(&id, COMPLETE).await;
    let (people, groups, lines) = (calm.people().await, calm.groups().await, calm.lines(&id).await);
    assert_eq!(expected.tally.users_deleted, 2);

    for step in 1_u64.. {
        let mut reached = false;
        for when in [When::Before, When::After] {
            let mut world = World::new(&["eng"]).await;
            world.imported(BEFORE, COMPLETE).await;
            let id = world.upload(Format::CommaSeparated, AFTER, 20).await;
            world.imports.commit(&id, COMPLETE).await.unwrap();
            reached |= world.run(Some(Crash { step, when })).await == Run::Crashed;
            world.revive(step % 2 == 0);
            assert!(matches!(world.run(None).await, Run::Quiet { .. }));
            let import = world.import(&id).await;
            assert_eq!(world.people().await, people, "{step} {when:?}: {import:?}");
            assert_eq!(world.groups().await, groups, "{step} {when:?}");
            assert_eq!(import.state, expected.state, "{step} {when:?}: {import:?}");
            assert_eq!(world.lines(&id).await, lines, "{step} {when:?}: {import:?}");
            assert_eq!(import.tally, expected.tally, "{step} {when:?}");
        }
        if !reached {
            assert!(step > 15, "only {step} steps: the story is too short");
            return;
        }
    }
}
