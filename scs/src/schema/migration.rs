//! Migrations: records of an older version, brought up to this one's.

use std::{error::Error, fmt, marker::PhantomData};

use bytes::Bytes;

use super::Schema;
use crate::{
    codec::{Codec, CodecError, MessagePack},
    error::SessionError,
    record::{Cell, Cells, StoredField},
    value::SessionValue,
};

type Failure = Box<dyn Error + Send + Sync>;

/// The step from one version of a schema to the next.
pub struct Migration {
    from: u32,
    step: fn(&mut Vec<StoredField>) -> Result<(), Failure>,
}

impl Migration {
    /// The step from this version.
    pub const fn new(from: u32, step: fn(&mut Vec<StoredField>) -> Result<(), Failure>) -> Self {
        Self { from, step }
    }

    pub(super) const fn from(&self) -> u32 {
        self.from
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Schema {
    /// The fields of a record of this version, brought up to the schema's.
    pub(crate) fn migrate(&self, version: u32, cells: &Cells) -> Result<Cells, SessionError> {
        let mut fields = cells.fields();
        for from in version..self.version {
            let step = self.migrations.iter().find(|migration| migration.from == from);
            if let Some(migration) = step {
                (migration.step)(&mut fields).map_err(|source| SessionError::Migration { from, source })?;
            }
        }
        let migrated = Cells::of(self, &fields);
        migrated.map_err(|error| SessionError::Migration { from: self.version - 1, source: error.into() })
    }
}

/// The stored fields of a record by name, for a migration: `#[session(version = 2, migrate(from = 1,
/// with = split_name))]`.
///
/// A migration runs whenever a record of the older version is opened, until the session is next
/// written; so it computes its result from the fields alone. While older binaries still run they
/// write the old fields and see no new ones: add a field beside the old one, and remove the old one
/// in a later deploy.
///
/// ```
/// use scs::{CodecError, RawFields, Session};
///
/// #[derive(Session)]
/// #[session(version = 2, migrate(from = 1, with = split_name))]
/// struct Visitor {
///     first_name: String,
///     last_name: String,
/// }
///
/// fn split_name(fields: &mut RawFields) -> Result<(), CodecError> {
///     let name: String = fields.get("name")?.unwrap_or_default();
///     if let Some((first, last)) = name.split_once(' ') {
///         fields.set("first_name", &first.to_owned())?;
///         fields.set("last_name", &last.to_owned())?;
///     }
///     fields.remove("name");
///     Ok(())
/// }
/// ```
pub struct RawFields<C = MessagePack> {
    fields: Vec<StoredField>,
    codec: PhantomData<fn() -> C>,
}

impl<C: Codec> RawFields<C> {
    /// Runs a step written by the user.
    #[doc(hidden)]
    pub fn migrate<E: Into<Failure>>(
        fields: &mut Vec<StoredField>,
        step: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), Failure> {
        let mut raw = Self { fields: std::mem::take(fields), codec: PhantomData };
        step(&mut raw).map_err(Into::into)?;
        *fields = raw.fields;
        Ok(())
    }

    /// The value stored under a name.
    ///
    /// # Errors
    ///
    /// It is not a value of this type.
    pub fn get<T: SessionValue>(&self, name: &str) -> Result<Option<T>, CodecError> {
        self.find(name).map(|field| T::decode::<C>(&field.cell.value)).transpose()
    }

    /// Stores a value under a name; one that replaces another keeps the time when that expires.
    ///
    /// # Errors
    ///
    /// The value has a shape that the codec cannot express, or cannot read back.
    pub fn set<T: SessionValue>(&mut self, name: &str, value: &T) -> Result<(), CodecError> {
        let value = Bytes::from(value.encode::<C>()?);
        T::decode::<C>(&value)?;
        match self.fields.iter_mut().find(|field| &*field.name == name.as_bytes()) {
            Some(field) => field.cell.value = value,
            None => {
                let cell = Cell { value, expires: None };
                self.fields.push(StoredField { name: name_bytes(name), cell, flags: 0 });
            }
        }
        Ok(())
    }

    /// Removes the value stored under a name; `false` if there is none.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.fields.len();
        self.fields.retain(|field| &*field.name != name.as_bytes());
        self.fields.len() < before
    }

    /// Moves the value of one name to another, whose own value is lost; `false` if there is none.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        if from == to || !self.contains(from) {
            return self.contains(from);
        }
        self.remove(to);
        if let Some(field) = self.fields.iter_mut().find(|field| &*field.name == from.as_bytes()) {
            field.name = name_bytes(to);
        }
        true
    }

    /// Whether a value is stored under a name.
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The names of all stored values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter_map(|field| std::str::from_utf8(&field.name).ok())
    }

    fn find(&self, name: &str) -> Option<&StoredField> {
        self.fields.iter().find(|field| &*field.name == name.as_bytes())
    }
}

fn name_bytes(name: &str) -> Bytes {
    Bytes::copy_from_slice(name.as_bytes())
}

impl<C> fmt::Debug for RawFields<C> {
    /// Names the fields and hides their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|field| String::from_utf8_lossy(&field.name))).finish()
    }
}
