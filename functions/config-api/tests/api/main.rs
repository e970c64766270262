//! The API as its callers see it: requests to the router, on the embedded tables.

mod catalog;
mod client;
mod frame;
mod openapi;
