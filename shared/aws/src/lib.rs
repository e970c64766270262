//! AWS: the tables, queues, secrets and streams behind the domain's ports, and what every Lambda function starts
//! with. No other crate names the AWS SDK or the Lambda runtime.

pub mod in_process;
