//! The API as its callers see it: requests to the router, on the embedded tables.

mod activity;
mod attributes;
mod catalog;
mod client;
mod connection;
mod drift;
mod explain;
mod frame;
mod groups;
mod held;
mod imports;
mod offboarding;
mod openapi;
mod policy;
mod previews;
mod users;
