//! Stores that are a file of this process.

pub(crate) mod redb;
