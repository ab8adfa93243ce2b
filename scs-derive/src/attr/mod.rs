//! Attributes: the syntax of `#[session(..)]`, before any rule about what goes together.

mod field;
mod structure;
mod values;

use proc_macro2::Ident;
use syn::{Attribute, Meta, Token, punctuated::Punctuated};

pub(crate) use self::{
    field::{Fate, FieldAttributes, Merge, OnInvalid, Over},
    structure::{Migrate, StructAttributes},
};
use crate::diag::Diagnostics;

/// A value together with the attribute's key, which later rules point at.
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// The comma-separated items of every `#[session(..)]`, with their keys.
fn items(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Vec<(Ident, Meta)> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("session"));
    let lists = ours.map(|attribute| attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated));
    let metas: Vec<Meta> = lists.filter_map(|list| diagnostics.keep(list)).flatten().collect();
    let keyed = metas.into_iter().filter_map(|meta| match meta.path().get_ident() {
        Some(key) => Some((key.clone(), meta)),
        None => {
            diagnostics.error(meta.path(), "a session attribute is one word, such as `flash`");
            None
        }
    });
    keyed.collect()
}

fn set<T>(slot: &mut Option<Keyed<T>>, key: Ident, value: Option<T>, diagnostics: &mut Diagnostics) {
    let Some(value) = value else { return };
    match slot {
        Some(_) => diagnostics.error(&key, format!("`{key}` is given twice; remove one")),
        empty => *empty = Some(Keyed { key, value }),
    }
}

/// Reports a key that is none, with the one that was probably meant.
fn unknown(key: &Ident, place: Place, diagnostics: &mut Diagnostics) {
    let written = key.to_string();
    let elsewhere = place.other();
    let message = match place.nearest(&written) {
        Some(meant) => format!("unknown session attribute `{written}`; did you mean `{meant}`?"),
        None if elsewhere.keys().contains(&written.as_str()) => {
            format!("`{written}` is an attribute of {elsewhere}, not of {place}")
        }
        None => {
            let keys: Vec<_> = place.keys().iter().map(|key| format!("`{key}`")).collect();
            format!("unknown session attribute `{written}`; {place} can have {}", keys.join(", "))
        }
    };
    diagnostics.error(key, message);
}

/// Where an attribute stands.
#[derive(Clone, Copy)]
enum Place {
    Field,
    Struct,
}

impl Place {
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Field => field::KEYS,
            Self::Struct => structure::KEYS,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Field => Self::Struct,
            Self::Struct => Self::Field,
        }
    }

    fn nearest(self, written: &str) -> Option<&'static str> {
        let distances = self.keys().iter().map(|key| (strsim::damerau_levenshtein(written, key), *key));
        distances.min().filter(|(distance, key)| *distance <= key.len().min(written.len()) / 2).map(|(_, key)| key)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Field => "a field",
            Self::Struct => "the struct",
        })
    }
}
