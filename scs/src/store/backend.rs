//! Backends: what a manager loads from and commits to.

use std::time::Duration;

use super::Store;

/// What a manager loads from and commits to: any [`Store`], or [sealed cookies](crate::sealed::SealedCookies).
///
/// This trait is sealed and its methods are not called by applications; it exists so that bounds can
/// name it.
pub trait Backend: sealed::Backend {}

impl<B: sealed::Backend> Backend for B {}

pub(crate) mod sealed {
    use super::{Duration, Store};

    pub trait Backend: Send + Sync + 'static {
        fn time_limit(&self) -> Duration;
    }

    impl<S: Store> Backend for S {
        fn time_limit(&self) -> Duration {
            self.default_timeout()
        }
    }
}
