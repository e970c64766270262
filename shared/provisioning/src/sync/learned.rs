//! What a target's answers showed of how it wants to be spoken to: written down, and told.

use tracing::warn;

use super::Worker;
use super::batch::Opened;
use crate::activity::{Actor, EventName, Outcome};
use crate::application::{Application, Connection};
use crate::ports::ConfigurationWrite;
use crate::target::{Capabilities, Layers};

impl Worker {
    /// Keeps what a batch learned of its target, with the event that tells it, unless the configuration was changed meanwhile
    /// or it is known. What is lost here is learned again from the next refusal.
    pub(super) async fn keep_learned(&self, opened: &Opened) {
        let Some(write) = self.learned(opened) else { return };
        match self.tables.applications.write(&write).await {
            Ok(true) => {}
            Ok(false) => {
                warn!(application = %write.application.id, "what was learned is not kept: it was configured anew");
            }
            Err(error) => warn!(application = %write.application.id, %error, "what was learned is not kept"),
        }
    }

    fn learned(&self, opened: &Opened) -> Option<ConfigurationWrite> {
        let before = &opened.configured.application;
        let connection = before.connection.as_ref()?;
        let known = &connection.capabilities.layers;
        let learned = opened.target.learned().over(known.learned.clone());
        if learned == known.learned {
            return None;
        }
        let layers = Layers { learned, ..known.clone() };
        let reason = told(&known.learned, &layers);
        let connection = Connection { capabilities: Capabilities::resolved(layers), ..connection.clone() };
        let application =
            Application { connection: Some(connection), version: before.version + 1, ..before.clone() };
        let by = (Actor::System, self.clock.now());
        let outcome = Outcome::of_configuration(&application, EventName::ConfigUpdate, reason, by);
        Some(ConfigurationWrite { outcome: Some(outcome), ..ConfigurationWrite::of(application) })
    }
}

/// What was learned beyond what was known, in words.
fn told(before: &catalog::Settings, now: &Layers) -> String {
    let json = |settings: &catalog::Settings| serde_json::to_value(settings).unwrap_or_default();
    let (before, learned) = (json(before), json(&now.learned));
    let fields = learned.as_object().into_iter().flatten();
    let new = fields.filter(|(name, value)| before.get(name.as_str()) != Some(value));
    let new: Vec<_> = new
        .map(|(name, value)| match now.origin(name) {
            crate::target::Origin::Learned => format!("{name} is {value}"),
            _ => format!("{name} seems to be {value}, which is set otherwise"),
        })
        .collect();
    format!("learned from the target's answers: {}", new.join(", "))
}

#[cfg(test)]
mod tests {
    use catalog::{MemberRemove, Settings, UserUpdate};

    use super::*;

    #[test]
    fn what_is_new_is_told_and_what_is_set_otherwise_is_said_so() {
        let before = Settings { user_update: Some(UserUpdate::Put), ..Settings::default() };
        let learned = Settings { member_remove: Some(MemberRemove::Array), ..before.clone() };
        let layers = Layers { learned, ..Layers::default() };
        assert_eq!(told(&before, &layers), "learned from the target's answers: member_remove is \"array\"");
        let overrides = Settings { member_remove: Some(MemberRemove::Filter), ..Settings::default() };
        let said = told(&before, &Layers { overrides, ..layers });
        assert!(said.ends_with("member_remove seems to be \"array\", which is set otherwise"), "{said}");
    }
}
