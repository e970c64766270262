//! `change-detection`: decides which links a change concerns, marks them due and rings; once a minute, rings what has come due
//! by itself; and sweeps where a stream's records were given up unread.

use aws::lambda::{DetectionEvent, DynamoDbEventResponse, Error, StreamEvent, work_records};
use provisioning::detect::Detector;
use provisioning::due::Poller;
use provisioning::sweep::start_after_gap;

/// What change-detection does, by what wakes it.
pub struct ChangeDetection {
    /// For changes.
    pub detector: Detector,
    /// For the schedule.
    pub poller: Poller,
}

/// Handles each kind of event. A schedule's answer is read by nobody.
///
/// # Errors
///
/// What is due could not be rung: the next minute does it. The sweeps after a gap could not be started: the message comes again.
pub async fn handle(
    event: DetectionEvent,
    detection: &ChangeDetection,
) -> Result<DynamoDbEventResponse, Error> {
    match event {
        DetectionEvent::Stream(event) => Ok(handle_stream(&event, &detection.detector).await),
        DetectionEvent::Schedule => {
            handle_schedule(&detection.poller).await?;
            Ok(DynamoDbEventResponse::default())
        }
        DetectionEvent::Discarded(batches) => {
            handle_discarded(batches, &detection.poller).await?;
            Ok(DynamoDbEventResponse::default())
        }
    }
}

/// Marks and rings for the changes of an event, and says from which record on it must come again.
pub async fn handle_stream(event: &StreamEvent, detector: &Detector) -> DynamoDbEventResponse {
    work_records(event, async |changes| detector.detect(changes).await).await
}

/// Rings what has come due, and says how much it was.
///
/// # Errors
///
/// A table or a queue did not answer.
pub async fn handle_schedule(poller: &Poller) -> Result<usize, Error> {
    let rung = poller.ring_due().await?;
    if rung > 0 {
        tracing::info!(rung, "what had come due was rung");
    }
    Ok(rung)
}

/// Looks for what records told that were given up unread, and says how many applications are swept for it.
///
/// # Errors
///
/// A table or a queue did not answer.
pub async fn handle_discarded(batches: usize, poller: &Poller) -> Result<usize, Error> {
    let Poller { tables, bell, clock } = poller;
    let swept = start_after_gap(tables, bell.as_ref(), clock.as_ref()).await?;
    tracing::error!(
        batches,
        swept,
        "a stream's records were given up unread; sweeps look for what they told"
    );
    Ok(swept)
}
