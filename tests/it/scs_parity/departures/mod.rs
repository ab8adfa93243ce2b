//! What is different on purpose. Each test says what SCS does, what happens here instead, and why.

mod concurrency;
mod cookie;
mod data;
mod destroying;
mod expiry;
mod listing;
mod loading;
mod merging;
mod middleware;
mod renewing;
mod settings;
mod streaming;
mod tokens;
mod values;
mod writing;
