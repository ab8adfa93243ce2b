//! What every store does.

mod cancellation;
mod concurrency;
mod expiry;
mod outcomes;
mod payloads;
mod touch;

pub use self::{cancellation::*, concurrency::*, expiry::*, outcomes::*, payloads::*, touch::*};
