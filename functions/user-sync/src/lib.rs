//! user-sync
