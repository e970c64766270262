//! The sample events, which `sam local invoke` and these tests share, are what the functions read.

use aws::lambda::{Batch, DetectionEvent, SqsEvent};
use provisioning::ports::Doorbell;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("the event")
}

fn doorbells(text: &str) -> Vec<Doorbell> {
    let event: SqsEvent = read(text);
    let batch = Batch::read(event);
    assert_eq!(batch.response(&[]).batch_item_failures.len(), batch.doorbells.len(), "each message rings");
    batch.doorbells
}

#[test]
fn queue_events_ring_for_what_their_function_works_off() {
    let users = doorbells(include_str!("../../events/user-sync.json"));
    let rung = |doorbell: &Doorbell| match doorbell {
        Doorbell::Link { key, .. } => key.to_string(),
        Doorbell::Job { job, step, .. } | Doorbell::DirectoryJob { job, step } => format!("{job} {step}"),
    };
    assert_eq!(users.iter().map(rung).collect::<Vec<_>>(), ["crm#user#u-ann", "crm#user#u-bob"]);
    let groups = doorbells(include_str!("../../events/group-sync.json"));
    assert_eq!(groups.iter().map(rung).collect::<Vec<_>>(), ["crm#group#g-sales"]);
    let jobs = doorbells(include_str!("../../events/jobs.json"));
    assert_eq!(jobs.iter().map(rung).collect::<Vec<_>>(), ["j-1 0", "d-1 2"]);
}

#[test]
fn change_detection_tells_its_schedule_its_streams_and_what_they_gave_up_apart() {
    assert!(matches!(read(include_str!("../../events/schedule.json")), DetectionEvent::Schedule));
    assert!(matches!(read(include_str!("../../events/stream.json")), DetectionEvent::Stream(_)));
    let discarded = read(include_str!("../../events/discarded.json"));
    assert!(matches!(discarded, DetectionEvent::Discarded(1)));
}
