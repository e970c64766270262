//! Text as it comes in, bounded.

use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// What [`one_line`] lets pass, as a pattern of ECMA 262: no control character, and something beside blanks.
const ONE_LINE: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Declares a text of the wire by its longest length in characters. It is trimmed, never empty, and holds no control character.
macro_rules! text {
    ($($(#[$doc:meta])* $name:ident, $maximum:literal;)+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                one_line(&text, $maximum)
                    .map(Self)
                    .ok_or(concat!("text of 1 to ", stringify!($maximum), " characters on one line"))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(ONE_LINE));
                text.min_length(Some(1)).max_length(Some($maximum)).into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )+ };
}

text! {
    /// A name or an id.
    Name, 256;
    /// The value of an attribute.
    Line, 1024;
    /// What a person wrote for others.
    Description, 1000;
}

fn one_line(text: &str, maximum: usize) -> Option<String> {
    let trimmed = text.trim();
    let fits = text.chars().count() <= maximum && !trimmed.is_empty();
    (fits && !text.chars().any(char::is_control)).then(|| trimmed.to_owned())
}
