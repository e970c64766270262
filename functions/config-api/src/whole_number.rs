//! Whole numbers as JSON Schema has them: `1.0` is one too (JSON Schema 2020-12, validation section 6.1.1).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The whole number that this is, where it is one of 64 bits.
pub fn of(json: &Value) -> Option<i64> {
    let number = json.as_number()?;
    let written_with_a_point = || {
        let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    };
    number.as_i64().or_else(written_with_a_point)
}

/// A whole number in a body.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Whole(#[serde(deserialize_with = "deserialize")] pub i64);

/// Reads a field that is a whole number.
///
/// # Errors
///
/// It is none, or does not fit 64 bits.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    of(&Value::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("a whole number of 64 bits"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_whole_by_its_value_not_by_how_it_is_written() {
        assert_eq!(of(&json!(-7)), Some(-7));
        assert_eq!(of(&json!(33_554_432.0)), Some(33_554_432));
        assert_eq!(of(&json!(i64::MIN)), Some(i64::MIN));
        for none in [json!(0.5), json!(u64::MAX), json!(1e300), json!("1"), json!(null)] {
            assert_eq!(of(&none), None, "{none}");
        }
    }
}
