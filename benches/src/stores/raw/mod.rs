//! The least that each client can do.

pub mod mysql;
pub mod postgres;
pub mod redb;
pub mod redis;
pub mod sqlite;

use crate::subject::Subject;

/// A client without a store. It knows a session by its id.
pub trait Raw: Subject<Session = [u8; 16]> {}

impl<R: Subject<Session = [u8; 16]>> Raw for R {}
