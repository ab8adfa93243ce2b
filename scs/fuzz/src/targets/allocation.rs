//! How much memory a piece of work asks for.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The result of the work and the bytes that were allocated for it, those that were given back included. Counts every
/// thread: nothing else may run meanwhile.
pub(super) fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let region = Region::new(ALLOCATOR);
    let result = work();
    let change = region.change();
    (result, change.bytes_allocated + usize::try_from(change.bytes_reallocated).unwrap_or(0))
}
