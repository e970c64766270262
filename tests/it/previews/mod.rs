//! What a preview says of references and of creates whose answer was lost is what the run after it does.

mod open_creates;
mod references;

use provisioning::ids::JobId;
use provisioning::preview::{self, PreviewJob, PreviewRow, Previewer};

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

/// A preview from its first page to its last, with its rows.
async fn previewed(world: &World, id: &str) -> (PreviewJob, Vec<PreviewRow>) {
    let provisioning::application::Setup { tables, secrets, connector, bell, clock, .. } =
        world.setup.clone();
    let id: JobId = id.parse().unwrap();
    let configured = tables.applications.load(&world.application).await.unwrap().unwrap();
    preview::start(&tables, bell.as_ref(), clock.as_ref(), id.clone(), &configured).await.unwrap();
    let previewer = Previewer { tables: tables.clone(), secrets, connector, bell, clock };
    for step in 0..100 {
        previewer.page(&world.application, &id, step).await.unwrap();
    }
    let job = tables.previews.preview(&world.application, &id).await.unwrap().unwrap();
    assert_eq!((&job.position, &job.failure), (&None, &None));
    let of = (&world.application, &id);
    let (rows, more) = preview::rows(tables.previews.as_ref(), of, None, None, 1_000).await.unwrap();
    assert!(more.is_none());
    (job, rows)
}

fn of<'a>(rows: &'a [PreviewRow], name: &str) -> Option<&'a PreviewRow> {
    rows.iter().find(|row| row.name == name)
}
