//! The kinds of event that wake change-detection.

use aws_lambda_events::sqs::SqsEvent;
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
    /// Lambda gave stream records up unread, so many batches of them.
    Discarded(usize),
}

impl TryFrom<serde_json::Value> for DetectionEvent {
    type Error = String;

    fn try_from(event: serde_json::Value) -> Result<Self, String> {
        if event.pointer("/Records/0/eventSource").and_then(serde_json::Value::as_str) == Some("aws:sqs") {
            // What they were cannot be read from the message: the records themselves are not in it.
            return serde_json::from_value::<SqsEvent>(event)
                .map(|batches| Self::Discarded(batches.records.len()))
                .map_err(|error| format!("the event is not a queue's ({:?})", error.classify()));
        }
        if event.get("Records").is_some() {
            // The message of serde may quote a value of the record.
            return serde_json::from_value(event)
                .map(Self::Stream)
                .map_err(|error| format!("the event is not a stream's ({:?})", error.classify()));
        }
        match event.get("detail-type").and_then(serde_json::Value::as_str) {
            Some("Scheduled Event") => Ok(Self::Schedule),
            _ => Err("the event is neither a stream's, nor a queue's, nor a schedule's".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schedule_a_stream_and_what_it_gave_up_are_told_apart_and_anything_else_is_refused() {
        let read = |event: serde_json::Value| serde_json::from_str::<DetectionEvent>(&event.to_string());
        assert!(matches!(
            read(json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}})).unwrap(),
            DetectionEvent::Schedule
        ));
        assert!(matches!(read(json!({"Records": []})).unwrap(), DetectionEvent::Stream(_)));
        let batches =
            json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}, {"eventSource": "aws:sqs"}]});
        assert!(matches!(read(batches).unwrap(), DetectionEvent::Discarded(2)));
        assert!(read(json!({"hello": "world"})).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let error = serde_json::from_value::<DetectionEvent>(json!({"Records": "confidential"})).unwrap_err();
        assert!(!error.to_string().contains("confidential"), "{error}");
    }
}
