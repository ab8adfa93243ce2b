//! Schemas as data: what `#[derive(Session)]` knows of a struct, without its types.

mod check;
mod field;
mod fingerprint;
mod migration;
mod tag;

use std::fmt;

pub use self::{
    check::SchemaChange,
    field::FieldSchema,
    migration::{Migration, RawFields},
};
pub(crate) use self::{
    field::{MergeValues, OnInvalid, SessionLimit},
    tag::SchemaTag,
};
use crate::codec::{Codec as _, MessagePack};

type Describe = fn(&[u8], &mut fmt::Formatter<'_>) -> fmt::Result;

/// The shape of a session: its stored name, its version and its fields in declaration order.
#[derive(Debug)]
pub struct Schema {
    pub(crate) name: &'static str,
    /// Whether the name was chosen, and is not just the struct's.
    pub(crate) is_named: bool,
    pub(crate) version: u32,
    pub(crate) migrations: &'static [Migration],
    pub(crate) fields: &'static [FieldSchema],
    /// What tells records whose fields lie as ours do.
    pub(crate) fingerprint: u64,
    pub(crate) codec: &'static str,
    /// Prints a value of the schema's codec.
    pub(crate) describe: Describe,
    /// Whether any field has `renews`.
    pub(crate) renews: bool,
    /// Whether any field has `index`.
    pub(crate) indexes: bool,
}

impl Schema {
    /// A schema of version 1 in `MessagePack`.
    pub const fn new(name: &'static str, fields: &'static [FieldSchema]) -> Self {
        let (mut renews, mut indexes, mut position) = (false, false, 0);
        while position < fields.len() {
            renews |= fields[position].renews;
            indexes |= fields[position].indexed;
            position += 1;
        }
        Self {
            name,
            is_named: false,
            version: 1,
            migrations: &[],
            fields,
            fingerprint: fingerprint::of(fields),
            codec: "MessagePack",
            describe: MessagePack::describe,
            renews,
            indexes,
        }
    }

    /// `name`.
    #[must_use]
    pub const fn named(mut self) -> Self {
        self.is_named = true;
        self
    }

    /// `version` and `migrate`.
    #[must_use]
    pub const fn version(mut self, version: u32, migrations: &'static [Migration]) -> Self {
        self.version = version;
        self.migrations = migrations;
        self
    }

    /// `codec`.
    #[must_use]
    pub const fn codec(mut self, name: &'static str, describe: Describe) -> Self {
        self.codec = name;
        self.describe = describe;
        self
    }

    /// The fields whose change renews the token, by position.
    pub(crate) fn renewing(&self) -> impl Iterator<Item = usize> {
        self.positions(|field| field.renews)
    }

    /// The fields that can be searched for, by position.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = usize> {
        self.positions(|field| field.indexed)
    }

    /// The fields that signing in drops, by position.
    pub(crate) fn dropped_on_login(&self) -> impl Iterator<Item = usize> {
        self.positions(|field| field.drops_on_login)
    }

    /// The fields that signing out drops, by position.
    pub(crate) fn dropped_on_logout(&self) -> impl Iterator<Item = usize> {
        self.positions(FieldSchema::is_dropped_on_logout)
    }

    fn positions(&self, has: fn(&FieldSchema) -> bool) -> impl Iterator<Item = usize> {
        self.fields.iter().enumerate().filter(move |(_, field)| has(field)).map(|(position, _)| position)
    }
}
