//! Directory files.
