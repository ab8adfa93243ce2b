//! Places of their own on servers that others may use too.

mod address;
pub mod mysql;
pub mod postgres;
pub mod redis;

pub use self::address::Address;

/// A name that no other process uses.
fn name() -> String {
    format!("scs_bench_{}", std::process::id())
}
