//! AWS: the tables, queues, secrets and streams behind the domain's ports, and what every Lambda function starts
//! with. No other crate names the AWS SDK or the Lambda runtime.

mod activity_store;
mod application_store;
mod attribute_store;
pub mod clock;
pub mod config;
mod directory_job_store;
mod directory_store;
mod dynamodb;
mod fuse_store;
mod import_store;
pub mod in_process;
mod job_store;
pub mod lambda;
mod link_store;
mod membership_store;
mod offboarding_store;
mod preview_store;
pub mod queue;
pub mod randomness;
mod reference_store;
pub mod secrets;
pub mod stores;
pub mod stream;
pub mod tables;
