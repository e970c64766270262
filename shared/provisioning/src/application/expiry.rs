//! Saying ahead, once each, that credentials run out: an event thirty days before and seven.

use jiff::Timestamp;

use super::{Application, Connection, Lifetime};
use crate::activity::{Actor, EventName, Outcome};
use crate::ids::ApplicationId;
use crate::ports::{ConfigurationWrite, StoreResult, Tables};

/// Says that the credentials of an application run out, if that is due at `now`. Where it is configured anew at the same time, it is
/// said the next time.
pub(crate) async fn warn(tables: &Tables, id: &ApplicationId, now: Timestamp) -> StoreResult<()> {
    let Some(configured) = tables.applications.load(id).await? else { return Ok(()) };
    let before = configured.application;
    let (Some(days), Some(reason)) = (before.warning_due(now), before.credentials_warning(now)) else {
        return Ok(());
    };
    let Some(connection) = before.connection.clone() else { return Ok(()) };
    let lifetime = Lifetime { warned: Some(days), ..connection.lifetime };
    let connection = Some(Connection { lifetime, ..connection });
    let application = Application { connection, version: before.version + 1, ..before };
    let by = (Actor::System, now);
    let outcome = Outcome::of_configuration(&application, EventName::ConfigUpdate, reason, by);
    let write = ConfigurationWrite { outcome: Some(outcome), ..ConfigurationWrite::of(application) };
    tables.applications.write(&write).await.map(|_| ())
}
