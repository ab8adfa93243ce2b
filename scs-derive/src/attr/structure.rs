//! `#[session(..)]` on the struct.

use proc_macro2::Ident;
use syn::{Attribute, LitInt, LitStr, Meta, Path, Token, punctuated::Punctuated};

use super::{
    Keyed, Place, items, set, unknown,
    values::{flag, integer, path, path_text, string},
};
use crate::diag::Diagnostics;

#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) name: Option<Keyed<LitStr>>,
    pub(crate) version: Option<Keyed<LitInt>>,
    pub(crate) migrations: Vec<Keyed<Migrate>>,
    pub(crate) krate: Option<Keyed<Path>>,
    pub(crate) codec: Option<Keyed<Path>>,
    pub(crate) sealed: Option<Keyed<()>>,
}

pub(super) const KEYS: &[&str] = &["name", "version", "migrate", "crate", "codec", "sealed"];

/// The step from one version to the next.
pub(crate) struct Migrate {
    pub(crate) from: LitInt,
    pub(crate) with: Path,
}

impl StructAttributes {
    pub(crate) fn parse(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut parsed = Self::default();
        for (key, meta) in items(attributes, diagnostics) {
            parsed.parse_item(key, &meta, diagnostics);
        }
        parsed
    }

    fn parse_item(&mut self, key: Ident, meta: &Meta, diagnostics: &mut Diagnostics) {
        let put = diagnostics;
        match key.to_string().as_str() {
            "name" => set(&mut self.name, key, put.keep(string(meta)), put),
            "version" => set(&mut self.version, key, put.keep(integer(meta)), put),
            "migrate" => self.migrations.extend(put.keep(migrate(meta)).map(|value| Keyed { key, value })),
            "crate" => set(&mut self.krate, key, put.keep(path_text(meta)), put),
            "codec" => set(&mut self.codec, key, put.keep(path(meta)), put),
            "sealed" => set(&mut self.sealed, key, put.keep(flag(meta)), put),
            _ => unknown(&key, Place::Struct, put),
        }
    }
}

fn migrate(meta: &Meta) -> syn::Result<Migrate> {
    const FORM: &str = "write `migrate(from = 1, with = path::to::function)`";
    let list = meta.require_list().map_err(|error| syn::Error::new(error.span(), FORM))?;
    let (mut from, mut with) = (None, None);
    for item in list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)? {
        match item.path().get_ident().map(ToString::to_string).as_deref() {
            Some("from") => from = Some(integer(&item)?),
            Some("with") => with = Some(path(&item)?),
            _ => return Err(syn::Error::new_spanned(item.path(), FORM)),
        }
    }
    match (from, with) {
        (Some(from), Some(with)) => Ok(Migrate { from, with }),
        _ => Err(syn::Error::new_spanned(meta, FORM)),
    }
}
