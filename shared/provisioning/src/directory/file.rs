//! Reading directory files.
