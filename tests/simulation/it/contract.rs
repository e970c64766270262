//! The tables in memory keep what the ports promise: the very tests that the adapters on DynamoDB pass.

#[path = "../../../shared/aws/tests/stores/activity.rs"]
mod activity;
#[path = "../../../shared/aws/tests/stores/applications.rs"]
mod applications;
#[path = "../../../shared/aws/tests/stores/deletions.rs"]
mod deletions;
#[path = "../../../shared/aws/tests/stores/directory.rs"]
mod directory;
#[path = "../../../shared/aws/tests/stores/directory_jobs.rs"]
mod directory_jobs;
#[path = "../../../shared/aws/tests/stores/fuse.rs"]
mod fuse;
#[path = "../../../shared/aws/tests/stores/jobs.rs"]
mod jobs;
#[path = "../../../shared/aws/tests/stores/link_proposals.rs"]
mod link_proposals;
#[path = "../../../shared/aws/tests/stores/link_writes.rs"]
mod link_writes;
#[path = "../../../shared/aws/tests/stores/memberships.rs"]
mod memberships;
#[path = "../../../shared/aws/tests/stores/previews.rs"]
mod previews;
#[path = "../../../shared/aws/tests/stores/references.rs"]
mod references;
