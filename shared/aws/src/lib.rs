//! AWS: the tables, queues, secrets and streams behind the domain's ports, and what every Lambda function starts
//! with. No other crate names the AWS SDK or the Lambda runtime.

pub mod clock;
pub mod config;
pub mod directory_store;
mod dynamodb;
pub mod in_process;
pub mod link_store;
pub mod lambda;
pub mod queue;
pub mod randomness;
pub mod secrets;
pub mod stream;
pub mod tables;
