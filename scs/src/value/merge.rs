//! Merges: how a value set here combines with one that another request stored meanwhile.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher, Hash},
};

/// Numbers that `merge = "add"` can count with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be counted with `merge = \"add\"`",
    label = "`merge = \"add\"` needs an integer or a float",
    note = "use `merge = path::to::function` with `fn(base: T, ours: T, theirs: T) -> T` for other types"
)]
pub trait Additive: Copy {
    /// `self + other`, at most the greatest and at least the least number of the type.
    #[must_use]
    fn plus(self, other: Self) -> Self;

    /// What another request stored, changed by as much as ours differs from the base.
    #[must_use]
    fn rebased(base: Self, ours: Self, theirs: Self) -> Self;
}

macro_rules! additive_integers {
    ($($integer:ty),*) => {$(
        impl Additive for $integer {
            fn plus(self, other: Self) -> Self {
                self.saturating_add(other)
            }

            fn rebased(base: Self, ours: Self, theirs: Self) -> Self {
                match ours >= base {
                    true => theirs.saturating_add(ours.saturating_sub(base)),
                    false => theirs.saturating_sub(base.saturating_sub(ours)),
                }
            }
        }
    )*};
}

macro_rules! additive_floats {
    ($($float:ty),*) => {$(
        impl Additive for $float {
            fn plus(self, other: Self) -> Self {
                self + other
            }

            fn rebased(base: Self, ours: Self, theirs: Self) -> Self {
                theirs + (ours - base)
            }
        }
    )*};
}

additive_integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
additive_floats!(f32, f64);

/// Sets that `merge = "union"` can unite.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be united with `merge = \"union\"`",
    label = "`merge = \"union\"` needs a `BTreeSet` or a `HashSet`",
    note = "use `merge = path::to::function` with `fn(base: T, ours: T, theirs: T) -> T` for other types"
)]
pub trait Union: Default {
    /// What another request stored, with what ours added to the base and without what it removed.
    #[must_use]
    fn united(base: Self, ours: Self, theirs: Self) -> Self;
}

impl<T: Ord> Union for BTreeSet<T> {
    fn united(base: Self, ours: Self, mut theirs: Self) -> Self {
        theirs.retain(|value| ours.contains(value) || !base.contains(value));
        theirs.extend(ours.into_iter().filter(|value| !base.contains(value)));
        theirs
    }
}

impl<T: Eq + Hash, S: BuildHasher + Default> Union for HashSet<T, S> {
    fn united(base: Self, ours: Self, mut theirs: Self) -> Self {
        theirs.retain(|value| ours.contains(value) || !base.contains(value));
        theirs.extend(ours.into_iter().filter(|value| !base.contains(value)));
        theirs
    }
}
