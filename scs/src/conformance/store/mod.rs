//! What every store does.

mod at_once;
mod cancellation;
mod concurrency;
mod ending;
mod expiry;
mod outcomes;
mod payloads;
mod touch;

pub use self::{at_once::*, cancellation::*, concurrency::*, ending::*, expiry::*, outcomes::*, payloads::*, touch::*};
