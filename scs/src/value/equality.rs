//! Whether two values of a type are equal, where the type can say so.

use std::marker::PhantomData;

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
