//! The two kinds of event that wake change-detection.

use serde::Deserialize;

use crate::stream::StreamEvent;

/// Why change-detection is woken.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum DetectionEvent {
    /// A stream told changes.
    Stream(StreamEvent),
    /// A minute has passed.
    Schedule,
}

impl TryFrom<serde_json::Value> for DetectionEvent {
    type Error = String;

    fn try_from(event: serde_json::Value) -> Result<Self, String> {
        if event.get("Records").is_some() {
            // The message of serde may quote a value of the record.
            return serde_json::from_value(event)
                .map(Self::Stream)
                .map_err(|error| format!("the event is not a stream's ({:?})", error.classify()));
        }
        match event.get("detail-type").and_then(serde_json::Value::as_str) {
            Some("Scheduled Event") => Ok(Self::Schedule),
            _ => Err("the event is neither a stream's nor a schedule's".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schedule_and_a_stream_are_told_apart_and_anything_else_is_refused() {
        let read = |event: serde_json::Value| serde_json::from_str::<DetectionEvent>(&event.to_string());
        assert!(matches!(
            read(json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}})).unwrap(),
            DetectionEvent::Schedule
        ));
        assert!(matches!(read(json!({"Records": []})).unwrap(), DetectionEvent::Stream(_)));
        assert!(read(json!({"hello": "world"})).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let error = serde_json::from_value::<DetectionEvent>(json!({"Records": "confidential"})).unwrap_err();
        assert!(!error.to_string().contains("confidential"), "{error}");
    }
}
