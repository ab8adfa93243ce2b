//! What a session of the floor holds: a number, or sixteen values of which it is one.

use std::sync::Arc;

use crate::workload::{Mixed, START, each_field};

pub trait Value: Clone + Default + Send + Sync + 'static {
    /// As it is before any request has changed it.
    fn sample() -> Self;
    fn number(&self) -> u64;
    fn set_number(&mut self, number: u64);
    /// Whether all but the number is as in the sample.
    fn is_intact(&self) -> bool;
}

#[derive(Clone, Default)]
pub struct One(u64);

impl Value for One {
    fn sample() -> Self {
        Self(START)
    }

    fn number(&self) -> u64 {
        self.0
    }

    fn set_number(&mut self, number: u64) {
        self.0 = number;
    }

    fn is_intact(&self) -> bool {
        true
    }
}

const NUMBER_BYTES: usize = size_of::<u64>();

/// Encoded, which is the cheapest form to share with the store and to copy when one value changes: numbers have a fixed
/// place in front, and text and lists lie behind.
#[derive(Clone)]
pub struct Sixteen(Arc<[u8]>);

impl Default for Sixteen {
    fn default() -> Self {
        Self(Arc::new([0; NUMBER_BYTES]))
    }
}

impl Value for Sixteen {
    fn sample() -> Self {
        let mixed = Mixed::sample();
        let mut bytes = mixed.number.to_le_bytes().to_vec();
        macro_rules! encode {
            ($field:ident) => {
                serde_json::to_writer(&mut bytes, &mixed.$field).expect("plain values can be encoded")
            };
        }
        each_field!(encode);
        Self(bytes.into())
    }

    fn number(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn set_number(&mut self, number: u64) {
        Arc::make_mut(&mut self.0)[..NUMBER_BYTES].copy_from_slice(&number.to_le_bytes());
    }

    fn is_intact(&self) -> bool {
        self.0[NUMBER_BYTES..] == Self::sample().0[NUMBER_BYTES..]
    }
}
