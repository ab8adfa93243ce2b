//! The locks. Under `--cfg scs_shuttle` a test chooses the order in which threads get them (`tests/shuttle/`).

#[cfg(scs_shuttle)]
pub(super) use shuttle::sync::{Mutex, MutexGuard, atomic::AtomicUsize};
#[cfg(not(scs_shuttle))]
pub(super) use std::sync::{Mutex, MutexGuard, atomic::AtomicUsize};
