//! Users as the API shows and takes them.

use std::collections::BTreeMap;

use provisioning::directory::{Status, User};
use provisioning::ids::{SourceId, UserId};
use provisioning::value::Value;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::PartialSchema;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};

use crate::merge_patch::{self, Patched};
use crate::text::{Line, Name};
use crate::whole_number;

/// Most characters of a custom attribute's text, and most texts of a list.
const CUSTOM_TEXT: usize = 4_096;
const CUSTOM_LIST: usize = 100;
/// Most characters of what names a user.
const NAMED: usize = 256;

/// A user of the directory.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = User, example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "username": "ada", "email": "ada@example.org",
    "first_name": "Ada", "last_name": "Lovelace", "status": "active", "source_id": "1001", "custom": {}}))]
pub struct ShownUser {
    /// Ours; it never changes.
    id: String,
    /// Unique without regard to case.
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    display_name: Option<String>,
    /// Whether he may sign in.
    status: WireStatus,
    /// The immutable key of the source that feeds the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source_id: Option<String>,
    /// The custom attributes, by name.
    custom: BTreeMap<String, CustomValue>,
}

impl From<&User> for ShownUser {
    fn from(user: &User) -> Self {
        let custom = user.custom.iter().map(|(name, value)| (name.clone(), CustomValue::from(value)));
        Self {
            id: user.id.to_string(),
            username: user.username.clone(),
            email: user.email.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            display_name: user.display_name.clone(),
            status: user.status.into(),
            source_id: user.source_id.as_ref().map(ToString::to_string),
            custom: custom.collect(),
        }
    }
}

/// A user who is to be made.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "ada", "email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace",
    "source_id": "1001"}))]
pub struct NewUser {
    /// Unique without regard to case.
    username: Name,
    email: Option<Line>,
    first_name: Option<Line>,
    last_name: Option<Line>,
    display_name: Option<Line>,
    /// `active` where nothing is said.
    status: Option<WireStatus>,
    /// The immutable key of the source, unique too.
    source_id: Option<Name>,
    /// Custom attributes, by name; each must be defined at `/v1/attributes`.
    #[serde(default)]
    pub custom: BTreeMap<String, CustomValue>,
}

impl NewUser {
    /// As the directory has him, with these custom attributes.
    pub fn into_user(self, id: UserId, custom: BTreeMap<String, Value>) -> User {
        User {
            id,
            source_id: self.source_id.map(|id| SourceId(id.into())),
            username: self.username.into(),
            email: self.email.map(Into::into),
            first_name: self.first_name.map(Into::into),
            last_name: self.last_name.map(Into::into),
            display_name: self.display_name.map(Into::into),
            status: self.status.map_or(Status::Active, Into::into),
            custom,
            deleting: false,
        }
    }
}

/// A change of a user as JSON merge patch (RFC 7396): what is absent stays, null clears.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"last_name": "King", "email": null}))]
pub struct UserPatch {
    #[serde(default, deserialize_with = "merge_patch::kept")]
    #[schema(nullable = false)]
    username: Option<Name>,
    #[serde(default)]
    #[schema(value_type = Option<Line>)]
    email: Patched<Line>,
    #[serde(default)]
    #[schema(value_type = Option<Line>)]
    first_name: Patched<Line>,
    #[serde(default)]
    #[schema(value_type = Option<Line>)]
    last_name: Patched<Line>,
    #[serde(default)]
    #[schema(value_type = Option<Line>)]
    display_name: Patched<Line>,
    #[serde(default, deserialize_with = "merge_patch::kept")]
    #[schema(nullable = false)]
    status: Option<WireStatus>,
    #[serde(default)]
    #[schema(value_type = Option<Name>)]
    source_id: Patched<Name>,
    /// Custom attributes, by name; null clears one, and those that are not named stay.
    #[serde(default)]
    #[schema(schema_with = patched_custom)]
    pub custom: BTreeMap<String, Option<CustomValue>>,
}

impl UserPatch {
    /// A patch that disables.
    pub fn disabling() -> Self {
        Self { status: Some(WireStatus::Disabled), ..Self::default() }
    }

    /// Lays the patch over a user, with these custom attributes; none is cleared.
    pub fn over(self, user: &User, custom: &BTreeMap<String, Option<Value>>) -> User {
        let mut user = user.clone();
        if let Some(username) = self.username {
            user.username = username.into();
        }
        if let Some(status) = self.status {
            user.status = status.into();
        }
        self.email.over(&mut user.email);
        self.first_name.over(&mut user.first_name);
        self.last_name.over(&mut user.last_name);
        self.display_name.over(&mut user.display_name);
        let mut source_id = user.source_id.take().map(|id| id.0);
        self.source_id.over(&mut source_id);
        user.source_id = source_id.map(SourceId);
        for (name, value) in custom {
            match value {
                Some(value) => user.custom.insert(name.clone(), value.clone()),
                None => user.custom.remove(name),
            };
        }
        user
    }
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Status)]
pub enum WireStatus {
    /// He may.
    Active,
    /// He may not.
    Disabled,
}

impl From<Status> for WireStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Disabled => Self::Disabled,
        }
    }
}

impl From<WireStatus> for Status {
    fn from(status: WireStatus) -> Self {
        match status {
            WireStatus::Active => Self::Active,
            WireStatus::Disabled => Self::Disabled,
        }
    }
}

/// The value of a custom attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CustomValue {
    /// A value as it is.
    Plain(Value),
    /// A user of the directory.
    User(NamedUser),
}

/// A user of the directory, as an attribute of another names him. Of several the id counts, then the source id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedUser {
    /// His id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// His username; absent of somebody who is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// His source id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

impl From<&Value> for CustomValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Reference(named) => {
                Self::User(NamedUser { id: Some(named.user.to_string()), ..NamedUser::default() })
            }
            plain => Self::Plain(plain.clone()),
        }
    }
}

impl ShownUser {
    /// The users whom attributes of this one name.
    pub fn named(&mut self) -> impl Iterator<Item = &mut NamedUser> {
        self.custom.values_mut().filter_map(|value| match value {
            CustomValue::User(named) => Some(named),
            CustomValue::Plain(_) => None,
        })
    }
}

impl<'de> Deserialize<'de> for CustomValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        let refused = || {
            serde::de::Error::custom(
                "true, false, a whole number, text of 1 to 4096 characters, a list of such texts, or a user by id, \
                 username or source_id",
            )
        };
        if json.is_object() {
            let named: NamedUser = serde_json::from_value(json).map_err(|_| refused())?;
            let parts: Vec<_> =
                [&named.id, &named.username, &named.source_id].into_iter().flatten().collect();
            let is_one = !parts.is_empty() && parts.iter().all(|part| is_short(part));
            return if is_one { Ok(Self::User(named)) } else { Err(refused()) };
        }
        let value =
            whole_number::of(&json).map(Value::Integer).or_else(|| Value::from_json(&json)).filter(fits);
        value.map(Self::Plain).ok_or_else(refused)
    }
}

fn is_short(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= NAMED && !text.chars().any(char::is_control)
}

fn fits(value: &Value) -> bool {
    let short = |text: &String| !text.is_empty() && text.chars().count() <= CUSTOM_TEXT;
    match value {
        Value::Text(text) => short(text),
        Value::List(texts) => texts.len() <= CUSTOM_LIST && texts.iter().all(short),
        Value::Boolean(_) | Value::Integer(_) | Value::Reference(_) => true,
    }
}

/// Custom attributes of a patch, by name: a value or null.
fn patched_custom() -> ObjectBuilder {
    let value = any_value().item(ObjectBuilder::new().schema_type(Type::Null));
    let custom = ObjectBuilder::new().additional_properties(Some(Schema::AnyOf(value.build())));
    custom.description(Some("Custom attributes, by name; null clears one, and those that are not named stay"))
}

impl PartialSchema for CustomValue {
    fn schema() -> RefOr<Schema> {
        any_value().description(Some("The value of a custom attribute")).into()
    }
}

/// What [`fits`] lets pass.
fn any_value() -> AnyOfBuilder {
    let text =
        || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(CUSTOM_TEXT));
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    let number = number.minimum(Some(i64::MIN)).maximum(Some(i64::MAX));
    let list = ArrayBuilder::new().items(text()).min_items(Some(1)).max_items(Some(CUSTOM_LIST));
    let any = AnyOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::Boolean)).item(number);
    let name = || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(NAMED));
    let name = || name().pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]+$"));
    let user = ObjectBuilder::new().schema_type(Type::Object).min_properties(Some(1));
    let user = user.property("id", name()).property("username", name()).property("source_id", name());
    let user =
        user.additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)));
    any.item(text()).item(list).item(user.description(Some("A user of the directory, by any of these")))
}

impl utoipa::ToSchema for CustomValue {}
