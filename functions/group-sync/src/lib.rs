//! group-sync
