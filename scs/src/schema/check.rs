//! Schemas in files: a change that stored sessions would not survive fails a test.

use std::{fmt, fs, io, path::Path};

use super::{FieldSchema, Schema};

/// A schema changed in a way that stored sessions do not survive, or its file could not be used.
#[non_exhaustive]
pub enum SchemaChange {
    /// What would be lost, a sentence for each.
    Incompatible {
        /// The schema's stored name.
        schema: &'static str,
        /// What would be lost and what to do about it.
        changes: Vec<String>,
    },
    /// The change is harmless, and the file is to be committed with it. Only where `CI` is set:
    /// elsewhere the file is written.
    Outdated {
        /// The file.
        file: String,
    },
    /// The file could not be read or written.
    File {
        /// The file.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
}

impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incompatible { schema, changes } => {
                write!(f, "session schema `{schema}` changed in a way that stored sessions do not survive")?;
                changes.iter().try_for_each(|change| write!(f, "\n- {change}"))
            }
            Self::Outdated { file } => write!(f, "{file} is out of date; run the test locally and commit the file"),
            Self::File { file, source } => write!(f, "{file} cannot be used: {source}"),
        }
    }
}

impl fmt::Debug for SchemaChange {
    /// The sentences, because that is what a test that returns an error prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SchemaChange {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// What a file says of a schema.
#[derive(Default)]
struct Recorded<'a> {
    name: &'a str,
    version: u32,
    codec: &'a str,
    /// Names and types.
    fields: Vec<(&'a str, &'a str)>,
    /// The names under which sessions are found, older ones too.
    indexed: Vec<&'a str>,
}

impl Schema {
    /// Compares the schema with the one in a file, and brings the file up to date.
    pub(crate) fn check(&self, file: &Path, may_write: bool) -> Result<(), SchemaChange> {
        let name = || file.display().to_string();
        let failed = |source| SchemaChange::File { file: name(), source };
        let recorded = match fs::read_to_string(file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let changes = recorded.as_deref().map(|text| self.incompatible_changes(&parse(text), &name()));
        if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
            return Err(SchemaChange::Incompatible { schema: self.name, changes });
        }
        let text = self.to_string();
        match recorded {
            Some(recorded) if recorded == text => Ok(()),
            _ if may_write => fs::write(file, text).map_err(failed),
            _ => Err(SchemaChange::Outdated { file: name() }),
        }
    }

    fn incompatible_changes(&self, recorded: &Recorded<'_>, file: &str) -> Vec<String> {
        let mut changes = Vec::new();
        if recorded.name != self.name {
            let (old, new) = (recorded.name, self.name);
            changes.push(format!("it was stored as `{old}` and is `{new}` now, so every session would end; keep the name with `#[session(name = \"{old}\")]`"));
        }
        if recorded.codec != self.codec {
            let (old, new) = (recorded.codec, self.codec);
            changes
                .push(format!("values were encoded by `{old}` and are by `{new}` now, so every value would be lost"));
        }
        if recorded.version > self.version {
            let (old, new) = (recorded.version, self.version);
            changes
                .push(format!("version {old} went back to {new}, so records of version {old} would not be migrated"));
        }
        let migrates = self.migrations.iter().any(|migration| migration.from() >= recorded.version);
        if !migrates {
            let lost = recorded.fields.iter().filter_map(|(name, ty)| self.lost_field(name, ty, file));
            changes.extend(lost);
        }
        changes.extend(self.hidden_sessions(recorded, file));
        changes
    }

    /// Which stored sessions would not be found, and so not be ended, under the value that they have.
    fn hidden_sessions(&self, recorded: &Recorded<'_>, file: &str) -> Vec<String> {
        let mut hidden = Vec::new();
        for field in self.fields.iter().filter(|field| field.indexed) {
            let stored = recorded.fields.iter().filter(|(name, _)| field.names().any(|known| known == *name));
            for (name, ty) in stored {
                if !recorded.indexed.contains(name) {
                    hidden.push(format!(
                        "`{name}` has `index` now, and sessions that were stored before are not found under their value, nor ended by `revoke_all`; call `SessionManager::reindex` once every server runs this version, and add the line `index {name}` to {file}"
                    ));
                } else if !encodes_alike(field.type_name, ty, self.codec) {
                    hidden.push(format!(
                        "`{name}` held `{ty}` and holds `{}` now, whose values may be other bytes, so stored sessions would not be found under theirs, nor ended by `revoke_all`; keep the type, or use another field and call `SessionManager::reindex`",
                        field.type_name
                    ));
                }
            }
        }
        let is_known = |name: &&str| self.fields.iter().any(|field| field.names().any(|known| known == *name));
        let is_a_field = |name: &&str| recorded.fields.iter().any(|(field, _)| field == name);
        for name in recorded.indexed.iter().filter(|name| !is_known(name) && !is_a_field(name)) {
            hidden.push(format!(
                "sessions may be stored under `{name}` still, which was an `alias` of an `index` field, and are not found under it any more; put the alias back until the longest session from then has ended, or call `SessionManager::reindex`, and then delete the line from {file}"
            ));
        }
        hidden
    }

    fn lost_field(&self, name: &str, ty: &str, file: &str) -> Option<String> {
        match self.fields.iter().find(|field| field.names().any(|known| known == name)) {
            None => Some(format!(
                "`{name}` is stored in sessions and no field reads it any more; if it was renamed, add `alias = \"{name}\"` to the field, and if it is to be forgotten, delete its line from {file}"
            )),
            Some(field) if !reads(field.type_name, ty) => Some(format!(
                "`{name}` held `{ty}` and holds `{}` now, so stored values may not decode; raise `version` and write a migration, or accept the loss by deleting its line from {file}",
                field.type_name
            )),
            Some(_) => None,
        }
    }
}

/// Whether every stored value of one type is read as the other: the same, or a wider number.
fn reads(new: &str, old: &str) -> bool {
    const UNSIGNED: &[&str] = &["u8", "u16", "u32", "u64", "u128"];
    const SIGNED: &[&str] = &["i8", "i16", "i32", "i64", "i128"];
    let rank = |types: &[&str], ty: &str| types.iter().position(|known| *known == ty);
    new == old
        || rank(UNSIGNED, old).is_some_and(|old| {
            rank(UNSIGNED, new).or(rank(SIGNED, new).filter(|new| *new > old)).is_some_and(|new| new >= old)
        })
        || rank(SIGNED, old).zip(rank(SIGNED, new)).is_some_and(|(old, new)| new >= old)
        || (old, new) == ("f32", "f64")
}

/// Whether a value of one type is encoded as the same bytes as the equal one of another type that reads it.
fn encodes_alike(new: &str, old: &str, codec: &str) -> bool {
    let is_integer = |ty: &str| ty.strip_prefix(['u', 'i']).is_some_and(|bits| bits.parse::<u8>().is_ok());
    new == old || is_integer(new) && is_integer(old) && ["MessagePack", "Json"].contains(&codec)
}

/// Lines that say nothing are skipped, so that a file may have comments.
fn parse(text: &str) -> Recorded<'_> {
    let mut recorded = Recorded { version: 1, ..Recorded::default() };
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("schema", name)) => recorded.name = name,
            Some(("version", version)) => recorded.version = version.parse().unwrap_or(1),
            Some(("codec", codec)) => recorded.codec = codec,
            Some(("field", field)) => recorded.fields.extend(field.split_once(": ")),
            Some(("index", name)) => recorded.indexed.push(name),
            _ => {}
        }
    }
    recorded
}

impl fmt::Display for Schema {
    /// The schema as a file has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# What stored sessions hold. `scs::check_schema` keeps this file; commit it.")?;
        writeln!(f, "schema {}\nversion {}\ncodec {}", self.name, self.version, self.codec)?;
        let line = |field: &FieldSchema| format!("field {}: {}\n", field.name, field.type_name);
        self.fields.iter().try_for_each(|field| f.write_str(&line(field)))?;
        let mut indexed = self.fields.iter().filter(|field| field.indexed).flat_map(FieldSchema::names);
        indexed.try_for_each(|name| writeln!(f, "index {name}"))
    }
}
