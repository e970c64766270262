//! change-detection
