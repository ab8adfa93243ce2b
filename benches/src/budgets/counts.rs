//! What is counted of a request.

use std::{collections::BTreeMap, ops::Sub};

use crate::{atomics::Atomics, callgrind::Profile, requests::REQUESTS};

/// What a request takes, by name; a request of the same case to axum alone is mostly subtracted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts([f64; NAMES.len()]);

pub(crate) const INSTRUCTIONS: &str = "instructions";

/// Copies are calls of `memcpy` and `memmove`, clocks are readings of the system's clock, and hashes are blocks of SHA-256.
const NAMES: [&str; 6] = [INSTRUCTIONS, "atomics", "allocations", "clocks", "copies", "hashes"];

const ALLOCATE: &[&str] = &["malloc", "calloc", "realloc", "posix_memalign"];
const COPY: &[&str] = &["memcpy", "memmove"];
const CLOCK: &str = "clock_gettime";

impl Counts {
    pub(crate) fn of(profile: &Profile, atomics: &Atomics) -> Self {
        let totals = [
            profile.sum(|cost| !is_hash(&cost.place.function)),
            profile.sum(|cost| atomics.executed(cost)),
            profile.calls(|function| ALLOCATE.contains(&without_version(function))),
            profile.calls(|function| without_version(function) == CLOCK),
            profile.calls(|function| COPY.iter().any(|copy| function.contains(copy))),
            profile.calls(is_hash),
        ];
        Self(totals.map(|total| total as f64 / REQUESTS as f64))
    }

    /// A count without a name is zero.
    pub(crate) fn from_names(named: &BTreeMap<String, f64>) -> Self {
        Self(NAMES.map(|name| named.get(name).copied().unwrap_or_default()))
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, f64)> {
        NAMES.into_iter().zip(self.0)
    }

    pub(crate) const fn names() -> [&'static str; NAMES.len()] {
        NAMES
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index] - other.0[index]))
    }
}

/// Callgrind's processor has no instructions for SHA-256, and every real one has: what it executes instead says nothing.
pub(crate) fn is_hash(function: &str) -> bool {
    function.contains("sha2::") && function.contains("compress256")
}

/// A symbol of the C library may have its version behind it: `clock_gettime@@GLIBC_2.17`.
fn without_version(function: &str) -> &str {
    function.split('@').next().unwrap_or(function)
}
