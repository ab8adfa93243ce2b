//! Attributes: the syntax of `#[session(..)]`, before any rule about what goes together.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token, punctuated::Punctuated, spanned::Spanned};

use crate::diag::Diagnostics;

/// A value together with the attribute's key, which later rules point at.
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// `#[session(..)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) default: Option<Keyed<Expr>>,
    pub(crate) flash: Option<Keyed<()>>,
    pub(crate) index: Option<Keyed<Option<Ident>>>,
    pub(crate) renews: Option<Keyed<()>>,
    pub(crate) ttl: Option<Keyed<Duration>>,
    pub(crate) once: Option<Keyed<()>>,
    pub(crate) merge: Option<Keyed<Merge>>,
}

/// How concurrent changes combine.
pub(crate) enum Merge {
    Add,
    Union,
    Function(Path),
}

/// `#[session(..)]` on the struct.
#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) name: Option<Keyed<LitStr>>,
    pub(crate) krate: Option<Keyed<Path>>,
}

const FIELD_KEYS: &str = "`default`, `flash`, `index`, `renews`, `ttl`, `once`, `merge`";
const STRUCT_KEYS: &str = "`name`, `crate`";

impl FieldAttributes {
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
            "default" => set(&mut self.default, key, put.keep(expression(meta)), put),
            "flash" => set(&mut self.flash, key, put.keep(flag(meta)), put),
            "index" => set(&mut self.index, key, put.keep(index(meta)), put),
            "renews" => set(&mut self.renews, key, put.keep(flag(meta)), put),
            "ttl" => set(&mut self.ttl, key, put.keep(duration(meta)), put),
            "once" => set(&mut self.once, key, put.keep(flag(meta)), put),
            "merge" => set(&mut self.merge, key, put.keep(merge(meta)), put),
            other => {
                put.error(
                    &key,
                    format!("unknown session attribute `{other}` on a field, expected one of {FIELD_KEYS}"),
                );
            }
        }
    }
}

impl StructAttributes {
    pub(crate) fn parse(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut parsed = Self::default();
        for (key, meta) in items(attributes, diagnostics) {
            match key.to_string().as_str() {
                "name" => set(&mut parsed.name, key, diagnostics.keep(string(&meta)), diagnostics),
                "crate" => set(&mut parsed.krate, key, diagnostics.keep(path(&meta)), diagnostics),
                other => diagnostics.error(
                    &key,
                    format!("unknown session attribute `{other}` on a struct, expected one of {STRUCT_KEYS}"),
                ),
            }
        }
        parsed
    }
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

fn flag(meta: &Meta) -> syn::Result<()> {
    meta.require_path_only().map(|_| ()).map_err(|_| {
        let key = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
        syn::Error::new(meta.span(), format!("`{key}` takes no value; write just `{key}`"))
    })
}

fn expression(meta: &Meta) -> syn::Result<Expr> {
    meta.require_name_value().map(|pair| pair.value.clone())
}

fn string(meta: &Meta) -> syn::Result<LitStr> {
    match expression(meta)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => Err(syn::Error::new_spanned(other, "expected a string literal")),
    }
}

fn path(meta: &Meta) -> syn::Result<Path> {
    string(meta)?.parse()
}

fn duration(meta: &Meta) -> syn::Result<Duration> {
    let text = string(meta)?;
    let invalid = |why: &dyn std::fmt::Display| {
        syn::Error::new_spanned(&text, format!("`ttl` is a duration such as \"30s\", \"10m\" or \"2h\": {why}"))
    };
    match humantime::parse_duration(&text.value()) {
        Ok(duration) if duration.as_millis() == 0 => Err(invalid(&"it must be at least a millisecond")),
        Ok(duration) => Ok(duration),
        Err(error) => Err(invalid(&error)),
    }
}

fn merge(meta: &Meta) -> syn::Result<Merge> {
    match expression(meta)? {
        Expr::Path(function) => Ok(Merge::Function(function.path)),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value() == "add" => Ok(Merge::Add),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value() == "union" => Ok(Merge::Union),
        other => Err(syn::Error::new_spanned(other, "`merge` is \"add\", \"union\" or the path of a function")),
    }
}

fn index(meta: &Meta) -> syn::Result<Option<Ident>> {
    let Meta::List(list) = meta else { return flag(meta).map(|()| None) };
    let by: Meta = list.parse_args()?;
    match by.path().is_ident("by") {
        true => string(&by)?.parse().map(Some),
        false => Err(syn::Error::new_spanned(by.path(), "`index` takes `by = \"function_name\"` and nothing else")),
    }
}
