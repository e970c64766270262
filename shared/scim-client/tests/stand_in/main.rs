//! The client against the stand-in: what it sends, what it makes of answers, and what it does when they go wrong.

mod answers;
mod discovery;
mod example;
mod listing;
mod writing;
