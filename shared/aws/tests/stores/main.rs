//! The DynamoDB stores as their ports promise, through the real SDK on an embedded database.

mod activity;
mod activity_log;
mod applications;
mod attributes;
mod contention;
mod database;
mod deletions;
mod directory;
mod directory_jobs;
mod examples;
mod fuse;
mod jobs;
mod link_proposals;
mod link_writes;
mod listing;
mod memberships;
mod previews;
mod references;
mod tables;
