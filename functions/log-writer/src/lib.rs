//! log-writer
