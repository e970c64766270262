//! Imports: a directory file, laid over the directory.
