//! Whether two values of a type are equal, where the type can say so, and what tells of their bytes.

use std::{any::TypeId, marker::PhantomData};

/// Tells whether a type has `PartialEq`, for a type that is known where it is asked: `Equality::<T>::EQUAL` is the inherent constant
/// if it has, and otherwise the one of [`WithoutEquality`].
pub struct Equality<T>(PhantomData<T>);

type Equal<T> = fn(&T, &T) -> bool;

impl<T: PartialEq> Equality<T> {
    /// How values are compared.
    pub const EQUAL: Option<Equal<T>> = Some(T::eq);
}

/// Types that cannot be compared.
pub trait WithoutEquality<T> {
    /// There is no way.
    const EQUAL: Option<Equal<T>> = None;
}

impl<T> WithoutEquality<T> for Equality<T> {}

/// Whether these are other bytes in no more than their order.
pub(crate) fn are_permuted(one: &[u8], other: &[u8]) -> bool {
    let count = |bytes: &[u8]| {
        let mut counts = [0_usize; 256];
        for byte in bytes {
            counts[usize::from(*byte)] += 1;
        }
        counts
    };
    one != other && one.len() == other.len() && count(one) == count(other)
}

/// Whether equal values always encode as the same bytes, and are read back from them, in every format.
pub(crate) fn has_one_encoding<T: 'static>() -> bool {
    let simple = [
        TypeId::of::<bool>(),
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
        TypeId::of::<i8>(),
        TypeId::of::<i16>(),
        TypeId::of::<i32>(),
        TypeId::of::<i64>(),
        TypeId::of::<isize>(),
        TypeId::of::<char>(),
        TypeId::of::<String>(),
    ];
    simple.contains(&TypeId::of::<T>())
}
