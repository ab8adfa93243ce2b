//! Schemas as data: what `#[derive(Session)]` knows of a struct, without its types.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::term::Term;

const TAG_DOMAIN: &[u8] = b"scs schema 1";
const TERM_DOMAIN: &[u8] = b"scs term 1";

/// The shape of a session: its stored name, its version and its fields in declaration order.
#[derive(Debug)]
pub struct Schema {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(crate) fields: &'static [FieldSchema],
}

impl Schema {
    /// A schema of version 1.
    pub const fn new(name: &'static str, fields: &'static [FieldSchema]) -> Self {
        Self { name, version: 1, fields }
    }

    /// The hash of the name, which keeps records of different schemas in one store apart.
    pub(crate) fn tag(&self) -> SchemaTag {
        let hash = Sha256::new().chain_update(TAG_DOMAIN).chain_update(self.name).finalize();
        let mut tag = [0; 8];
        tag.copy_from_slice(&hash[..8]);
        SchemaTag(tag)
    }

    /// The fields whose change renews the token, by position.
    pub(crate) fn renewing(&self) -> impl Iterator<Item = usize> {
        self.positions(|field| field.renews)
    }

    /// The fields that can be searched for, by position.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = usize> {
        self.positions(|field| field.indexed)
    }

    /// The fields that signing out always drops, by position.
    pub(crate) fn signed_out(&self) -> impl Iterator<Item = usize> {
        self.positions(|field| field.renews || field.indexed)
    }

    fn positions(&self, has: fn(&FieldSchema) -> bool) -> impl Iterator<Item = usize> {
        self.fields.iter().enumerate().filter(move |(_, field)| has(field)).map(|(position, _)| position)
    }
}

/// What tells records of one schema from those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SchemaTag(pub(crate) [u8; 8]);

impl SchemaTag {
    /// The term under which records with this encoded value in this field are found.
    pub(crate) fn term(self, field: &FieldSchema, value: &[u8]) -> Term {
        let hash = Sha256::new()
            .chain_update(TERM_DOMAIN)
            .chain_update(self.0)
            .chain_update((field.name.len() as u64).to_be_bytes())
            .chain_update(field.name)
            .chain_update(value)
            .finalize();
        let mut term = [0; 16];
        term.copy_from_slice(&hash[..16]);
        Term::from_bytes(term)
    }
}

/// One field of a schema: its stored name and the attributes that concern records.
#[derive(Debug)]
pub struct FieldSchema {
    pub(crate) name: &'static str,
    pub(crate) indexed: bool,
    pub(crate) renews: bool,
    pub(crate) ttl: Option<Duration>,
}

impl FieldSchema {
    /// A plain field.
    pub const fn new(name: &'static str) -> Self {
        Self { name, indexed: false, renews: false, ttl: None }
    }

    /// `index`: records can be found by the field's value.
    #[must_use]
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// `renews`: setting the field renews the token.
    #[must_use]
    pub const fn renews(mut self) -> Self {
        self.renews = true;
        self
    }

    /// `ttl`: the field expires this many milliseconds after it was set.
    #[must_use]
    pub const fn expires_after(mut self, millis: u64) -> Self {
        self.ttl = Some(Duration::from_millis(millis));
        self
    }
}
