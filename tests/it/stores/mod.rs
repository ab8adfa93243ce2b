//! The stores that keep sessions outside the process: the contract, and what is special to each.

mod redis;
