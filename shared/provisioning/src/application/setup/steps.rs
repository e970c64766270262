//! What is still to be done before an application can be enabled.

use crate::application::Configured;
use crate::mapping::missing;

/// One step of the setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which part of the configuration it is about: `connection`, `mapping` or `groups`.
    pub part: &'static str,
    /// What is to be done.
    pub what: String,
}

/// What is to be done before an application can be enabled, in order.
pub fn missing_steps(configured: &Configured) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = |part, what: &str| steps.push(Step { part, what: what.to_owned() });
    if configured.application.connection.is_none() {
        step("connection", "connect it to its SCIM endpoint");
    }
    for path in missing(&configured.schema.clone().unwrap_or_default(), &configured.mapping) {
        step("mapping", &format!("map {path}, which the target requires"));
    }
    if configured.selection.groups.is_empty() {
        step("groups", "select at least one group");
    }
    steps
}
