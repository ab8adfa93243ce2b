//! Fields as data: their stored names and the attributes that concern records.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    codec::{Codec, CodecError},
    value::SessionValue,
};

/// One field of a schema, without its type.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its own")]
pub struct FieldSchema {
    pub(crate) name: &'static str,
    /// Names under which it was stored before.
    pub(crate) aliases: &'static [&'static str],
    /// The type as the user wrote it.
    pub(crate) type_name: &'static str,
    pub(crate) indexed: bool,
    pub(crate) limit: Option<SessionLimit>,
    pub(crate) renews: bool,
    pub(crate) ttl: Option<Duration>,
    pub(crate) drops_on_login: bool,
    pub(crate) drops_on_logout: bool,
    pub(crate) secret: bool,
    /// It is set once for the life of a session.
    pub(crate) once: bool,
    pub(crate) on_invalid: OnInvalid,
    pub(crate) merge: Option<MergeValues>,
}

/// Flags of a field in a record (docs/format.md).
const SECRET: u8 = 0b0010;
const DROPPED_ON_LOGIN: u8 = 0b0100;
const DROPPED_ON_LOGOUT: u8 = 0b1000;

/// What a `merge` makes of our value and another session's.
pub(crate) type MergeValues = fn(ours: Option<&Bytes>, theirs: &Bytes) -> Result<Option<Bytes>, CodecError>;

/// How many sessions may have one value of an indexed field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimit {
    pub(crate) max: usize,
    /// One too many is refused; otherwise the oldest ends.
    pub(crate) rejects: bool,
}

/// What happens to a session when a stored value no longer decodes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OnInvalid {
    /// The field reads as its default.
    Default,
    /// The session ends.
    Destroy { decodes: fn(&[u8]) -> bool },
    /// Opening the session is an error.
    Error { decodes: fn(&[u8]) -> bool },
}

impl FieldSchema {
    /// A plain field.
    pub const fn new(name: &'static str, type_name: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            type_name,
            indexed: false,
            limit: None,
            renews: false,
            ttl: None,
            drops_on_login: false,
            drops_on_logout: false,
            secret: false,
            once: false,
            on_invalid: OnInvalid::Default,
            merge: None,
        }
    }

    /// `alias`: older names still read.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// `index`: records can be found by the field's value.
    #[must_use]
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// `index(max = ..)`: at most so many sessions may have one value.
    #[must_use]
    pub const fn limited(mut self, max: usize, rejects: bool) -> Self {
        self.limit = Some(SessionLimit { max, rejects });
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

    /// `once`: the field is set once for the life of the session.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// `on_login = "drop"`.
    #[must_use]
    pub const fn dropped_on_login(mut self) -> Self {
        self.drops_on_login = true;
        self
    }

    /// `on_logout = "drop"`.
    #[must_use]
    pub const fn dropped_on_logout(mut self) -> Self {
        self.drops_on_logout = true;
        self
    }

    /// `secret`: the value is never printed.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// `on_invalid = "destroy"`.
    #[must_use]
    pub const fn invalid_destroys<C: Codec, T: SessionValue>(mut self) -> Self {
        self.on_invalid = OnInvalid::Destroy { decodes: decodes::<C, T> };
        self
    }

    /// `on_invalid = "error"`.
    #[must_use]
    pub const fn invalid_is_error<C: Codec, T: SessionValue>(mut self) -> Self {
        self.on_invalid = OnInvalid::Error { decodes: decodes::<C, T> };
        self
    }

    /// `merge`.
    #[must_use]
    pub const fn merging(mut self, merge: fn(Option<&Bytes>, &Bytes) -> Result<Option<Bytes>, CodecError>) -> Self {
        self.merge = Some(merge);
        self
    }

    /// Whether signing out drops the field.
    pub(crate) const fn is_dropped_on_logout(&self) -> bool {
        self.renews || self.indexed || self.drops_on_logout
    }

    /// What a record says of the field, for binaries whose schema does not name it.
    pub(crate) const fn flags(&self) -> u8 {
        let mut flags = 0;
        if self.secret {
            flags |= SECRET;
        }
        if self.drops_on_login {
            flags |= DROPPED_ON_LOGIN;
        }
        if self.is_dropped_on_logout() {
            flags |= DROPPED_ON_LOGOUT;
        }
        flags
    }

    /// The names under which records have the field, its own first.
    pub(crate) fn names(&'static self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

fn decodes<C: Codec, T: SessionValue>(bytes: &[u8]) -> bool {
    T::decode::<C>(bytes).is_ok()
}
