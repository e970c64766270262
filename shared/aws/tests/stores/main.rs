//! The DynamoDB stores as their ports promise, through the real SDK on an embedded database.

mod database;
