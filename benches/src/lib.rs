//! What the benches share: the work that every library does, the libraries, and the report.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod report;
#[cfg(feature = "stores")]
pub mod servers;
pub mod subjects;
pub mod workload;
