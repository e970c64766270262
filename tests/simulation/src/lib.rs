//! The simulation lives in `it/`; this library is empty. It is a crate of its own so that it is built in seconds: it needs the
//! domain and nothing else.
