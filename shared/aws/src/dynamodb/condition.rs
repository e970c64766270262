//! Conditions of writes. Every attribute goes by a placeholder, since many names are reserved words.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// Terms that must all hold. Attributes are named by path: `due_at`, `claim.token`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    terms: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// No term: always true.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// No item is there.
    pub(crate) fn no_item() -> Self {
        Self::new().absent("pk")
    }

    /// An item is there.
    pub(crate) fn some_item() -> Self {
        Self::new().present("pk")
    }

    /// No item is there, or one with this value.
    pub(crate) fn no_item_or(path: &str, value: AttributeValue) -> Self {
        let mut condition = Self::new();
        let (none, name, value) = (condition.name("pk"), condition.name(path), condition.value(path, value));
        condition.terms.push(format!("(attribute_not_exists({none}) OR {name} = {value})"));
        condition
    }

    /// The attribute is there.
    pub(crate) fn present(mut self, path: &str) -> Self {
        let name = self.name(path);
        self.terms.push(format!("attribute_exists({name})"));
        self
    }

    /// The attribute is not there.
    pub(crate) fn absent(mut self, path: &str) -> Self {
        let name = self.name(path);
        self.terms.push(format!("attribute_not_exists({name})"));
        self
    }

    /// The attribute has this value.
    pub(crate) fn equal(mut self, path: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(path), self.value(path, value));
        self.terms.push(format!("{name} = {value}"));
        self
    }

    /// The attribute has this value, or with `None` is not there.
    pub(crate) fn same(self, path: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.equal(path, value),
            None => self.absent(path),
        }
    }

    /// The attribute is not there, or has this value.
    pub(crate) fn absent_or_equal(mut self, path: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(path), self.value(path, value));
        self.terms.push(format!("(attribute_not_exists({name}) OR {name} = {value})"));
        self
    }

    /// The attribute is not there, or below this value.
    pub(crate) fn absent_or_below(mut self, path: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(path), self.value(path, value));
        self.terms.push(format!("(attribute_not_exists({name}) OR {name} < {value})"));
        self
    }

    /// These attributes are as they are in `item`, there or not.
    pub(crate) fn unchanged(self, item: &Item, attributes: &[&str]) -> Self {
        attributes
            .iter()
            .fold(self, |condition, attribute| condition.same(attribute, item.get(*attribute).cloned()))
    }

    /// Expression, names and values, each `None` where there is nothing.
    pub(crate) fn into_parts(self) -> Parts {
        let some = !self.terms.is_empty();
        Parts {
            expression: some.then(|| self.terms.join(" AND ")),
            names: some.then_some(self.names),
            values: (!self.values.is_empty()).then_some(self.values),
        }
    }

    fn name(&mut self, path: &str) -> String {
        let names: Vec<_> = path.split('.').map(|part| format!("#{part}")).collect();
        for (name, part) in names.iter().zip(path.split('.')) {
            self.names.insert(name.clone(), part.to_owned());
        }
        names.join(".")
    }

    fn value(&mut self, path: &str, value: AttributeValue) -> String {
        let placeholder = format!(":was_{}", path.replace('.', "_"));
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// A condition as the SDK takes it.
pub(crate) struct Parts {
    pub(crate) expression: Option<String>,
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<HashMap<String, AttributeValue>>,
}
