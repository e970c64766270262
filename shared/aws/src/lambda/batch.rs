//! A batch of queue messages: doorbells in, and which of the messages are to come again out.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use provisioning::ids::{ApplicationId, JobId};
use provisioning::link::LinkKey;
use provisioning::ports::Doorbell;
use provisioning::sync::Handled;

/// A batch as it is worked off.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What to look at, each once: a message says what to look at, so the second of a batch says nothing new.
    pub doorbells: Vec<Doorbell>,
    messages: Vec<Message>,
}

#[derive(Debug, Clone)]
struct Message {
    id: String,
    group: String,
    /// Which of the doorbells it rings; `None` where it cannot be read.
    doorbell: Option<usize>,
}

/// What a doorbell says to look at, without what only tells messages apart.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Subject {
    Link(LinkKey),
    Page(ApplicationId, JobId, u64),
    DirectoryPage(JobId, u64),
}

impl Batch {
    /// Reads an event. A message that cannot be read is logged and goes: it would be as unreadable the next time, and would hold
    /// up its group until then. The mark it may have rung for comes due by itself.
    pub fn read(event: SqsEvent) -> Self {
        let mut batch = Self { doorbells: Vec::new(), messages: Vec::new() };
        let mut seen = HashMap::new();
        for message in event.records {
            let id = message.message_id.unwrap_or_default();
            let group = message.attributes.get("MessageGroupId").cloned().unwrap_or_default();
            let read = serde_json::from_str::<Doorbell>(message.body.as_deref().unwrap_or_default());
            let doorbell = match read {
                Ok(doorbell) => Some(*seen.entry(subject(&doorbell)).or_insert_with(|| {
                    batch.doorbells.push(doorbell);
                    batch.doorbells.len() - 1
                })),
                Err(error) => {
                    tracing::error!(
                        message_id = id,
                        message_group = group,
                        category = ?error.classify(),
                        column = error.column(),
                        "a queue message is no doorbell; it is dropped"
                    );
                    None
                }
            };
            batch.messages.push(Message { id, group, doorbell });
        }
        batch
    }

    /// The answer to Lambda. `handled` is in the order of `doorbells`; one that is missing was not handled. Of a message group
    /// the first message that was not handled comes again and all behind it, so that the queue keeps their order.
    pub fn response(&self, handled: &[Handled]) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        let mut broken = HashSet::new();
        for Message { id, group, doorbell } in &self.messages {
            let done = doorbell.is_none_or(|index| handled.get(index) == Some(&Handled::Yes));
            if !done {
                broken.insert(group);
            }
            if broken.contains(group) {
                response.add_failure(id);
            }
        }
        if !response.batch_item_failures.is_empty() {
            let (again, of) = (response.batch_item_failures.len(), self.messages.len());
            tracing::warn!(again, of, "messages were not handled and come again");
        }
        response
    }
}

fn subject(doorbell: &Doorbell) -> Subject {
    match doorbell {
        Doorbell::Link { key, .. } => Subject::Link(key.clone()),
        Doorbell::Job { application, job, step } => Subject::Page(application.clone(), job.clone(), *step),
        Doorbell::DirectoryJob { job, step } => Subject::DirectoryPage(job.clone(), *step),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link(user: &str, generation: u64) -> String {
        json!({"look_at": "link", "key": format!("crm#user#{user}"), "generation": generation}).to_string()
    }

    fn event(messages: &[(&str, &str, &str)]) -> SqsEvent {
        let records: Vec<_> = messages
            .iter()
            .map(|(id, group, body)| json!({"messageId": id, "body": body, "attributes": {"MessageGroupId": group}}))
            .collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    fn again(batch: &Batch, handled: &[Handled]) -> Vec<String> {
        batch
            .response(handled)
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect()
    }

    use Handled::{No, Yes};

    #[test]
    fn all_handled_answers_with_no_failure() {
        let batch = Batch::read(event(&[("1", "a", &link("ann", 1)), ("2", "a", &link("bob", 1))]));
        assert_eq!(batch.doorbells.len(), 2);
        assert_eq!(
            serde_json::to_value(batch.response(&[Yes, Yes])).unwrap(),
            json!({"batchItemFailures": []})
        );
    }

    #[test]
    fn the_first_unhandled_message_of_a_group_comes_again_with_all_behind_it() {
        let batch = Batch::read(event(&[
            ("1", "a", &link("ann", 1)),
            ("2", "b", &link("bob", 1)),
            ("3", "a", &link("eve", 1)),
            ("4", "b", &link("joe", 1)),
            ("5", "a", &link("kim", 1)),
        ]));
        assert_eq!(again(&batch, &[Yes, Yes, No, Yes, Yes]), ["3", "5"]);
    }

    #[test]
    fn one_bad_message_comes_back_alone_where_groups_differ() {
        let batch = Batch::read(event(&[("1", "a", &link("ann", 1)), ("2", "b", &link("bob", 1))]));
        assert_eq!(again(&batch, &[No, Yes]), ["1"]);
    }

    #[test]
    fn an_unreadable_message_is_acknowledged_and_the_others_are_worked_off() {
        let batch =
            Batch::read(event(&[("1", "a", "{}"), ("2", "a", "not json"), ("3", "a", &link("ann", 1))]));
        assert_eq!(batch.doorbells.len(), 1);
        assert!(again(&batch, &[Yes]).is_empty());
    }

    #[test]
    fn messages_about_the_same_link_are_worked_off_once_and_answered_together() {
        let batch = Batch::read(event(&[("1", "a", &link("ann", 1)), ("2", "b", &link("ann", 2))]));
        assert_eq!(batch.doorbells.len(), 1);
        assert_eq!(again(&batch, &[No]), ["1", "2"]);
    }

    #[test]
    fn an_answer_that_is_missing_counts_as_not_handled() {
        let batch = Batch::read(event(&[("1", "a", &link("ann", 1)), ("2", "b", &link("bob", 1))]));
        assert_eq!(again(&batch, &[Yes]), ["2"]);
    }
}
