//! What the functions share: from Lambda's events to the domain's words and back, and the way a function starts.

mod batch;
mod clients;
mod detection;
pub mod http;
mod records;
mod runtime;

pub use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
pub use aws_lambda_events::streams::DynamoDbEventResponse;
pub use batch::Batch;
pub use clients::Clients;
pub use detection::DetectionEvent;
pub use lambda_runtime::Error;
pub use records::work_records;
pub use runtime::{run, start_logging};

pub use crate::stream::StreamEvent;
