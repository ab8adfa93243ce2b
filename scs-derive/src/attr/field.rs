//! `#[session(..)]` on a field.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Attribute, Expr, ExprLit, Lit, LitInt, LitStr, Meta, Path, Token, punctuated::Punctuated};

use super::{
    Keyed, Place, items, set, unknown,
    values::{choice, duration, expression, flag, integer, name_text, string},
};
use crate::diag::Diagnostics;

#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) default: Option<Keyed<Expr>>,
    pub(crate) rename: Option<Keyed<LitStr>>,
    pub(crate) aliases: Vec<Keyed<LitStr>>,
    pub(crate) flash: Option<Keyed<()>>,
    pub(crate) index: Option<Keyed<Index>>,
    pub(crate) renews: Option<Keyed<()>>,
    pub(crate) ttl: Option<Keyed<Duration>>,
    pub(crate) once: Option<Keyed<()>>,
    pub(crate) merge: Option<Keyed<Merge>>,
    pub(crate) on_login: Option<Keyed<Fate>>,
    pub(crate) on_logout: Option<Keyed<Fate>>,
    pub(crate) secret: Option<Keyed<()>>,
    pub(crate) skip: Option<Keyed<()>>,
    pub(crate) on_invalid: Option<Keyed<OnInvalid>>,
}

pub(super) const KEYS: &[&str] = &[
    "default",
    "rename",
    "alias",
    "flash",
    "index",
    "renews",
    "ttl",
    "once",
    "merge",
    "on_login",
    "on_logout",
    "secret",
    "skip",
    "on_invalid",
];

/// How sessions are found by the field.
#[derive(Default)]
pub(crate) struct Index {
    /// What the function that makes the term is called.
    pub(crate) by: Option<Ident>,
    /// How many sessions may have one value.
    pub(crate) max: Option<LitInt>,
    pub(crate) over: Option<Over>,
}

/// What happens to one session too many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Oldest,
    Reject,
}

/// How concurrent changes combine.
pub(crate) enum Merge {
    Add,
    Union,
    Function(Path),
}

/// What signing in or out does to the field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Drop,
}

/// What happens when a stored value no longer decodes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnInvalid {
    Default,
    Destroy,
    Error,
}

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
            "rename" => set(&mut self.rename, key, put.keep(string(meta)), put),
            "alias" => self.aliases.extend(put.keep(string(meta)).map(|value| Keyed { key, value })),
            "flash" => set(&mut self.flash, key, put.keep(flag(meta)), put),
            "index" => set(&mut self.index, key, put.keep(index(meta)), put),
            "renews" => set(&mut self.renews, key, put.keep(flag(meta)), put),
            "ttl" => set(&mut self.ttl, key, put.keep(duration(meta)), put),
            "once" => set(&mut self.once, key, put.keep(flag(meta)), put),
            "merge" => set(&mut self.merge, key, put.keep(merge(meta)), put),
            "on_login" => set(&mut self.on_login, key, put.keep(fate(meta)), put),
            "on_logout" => set(&mut self.on_logout, key, put.keep(fate(meta)), put),
            "secret" => set(&mut self.secret, key, put.keep(flag(meta)), put),
            "skip" => set(&mut self.skip, key, put.keep(flag(meta)), put),
            "on_invalid" => set(&mut self.on_invalid, key, put.keep(on_invalid(meta)), put),
            _ => unknown(&key, Place::Field, put),
        }
    }
}

fn merge(meta: &Meta) -> syn::Result<Merge> {
    match expression(meta)? {
        Expr::Path(function) => Ok(Merge::Function(function.path)),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value() == "add" => Ok(Merge::Add),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value() == "union" => Ok(Merge::Union),
        other => Err(syn::Error::new_spanned(
            other,
            "`merge` is \"add\", \"union\" or the path of a function `fn(base: T, ours: T, theirs: T) -> T`",
        )),
    }
}

fn index(meta: &Meta) -> syn::Result<Index> {
    let Meta::List(list) = meta else { return flag(meta).map(|()| Index::default()) };
    let mut index = Index::default();
    for item in list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)? {
        match item.path().get_ident().map(ToString::to_string).as_deref() {
            Some("by") => index.by = Some(name_text(&item)?),
            Some("max") => index.max = Some(maximum(&item)?),
            Some("over") => index.over = Some(choice(&item, &[("oldest", Over::Oldest), ("reject", Over::Reject)])?),
            _ => {
                let message = "`index` takes `by = \"function_name\"`, `max = 3` and `over = \"oldest\"`";
                return Err(syn::Error::new_spanned(item.path(), message));
            }
        }
    }
    match (&index.over, &index.max) {
        (Some(_), None) => Err(syn::Error::new_spanned(list, "`over` says what happens above a limit; add `max = 3`")),
        _ => Ok(index),
    }
}

fn maximum(meta: &Meta) -> syn::Result<LitInt> {
    let max = integer(meta)?;
    match max.base10_parse::<u32>()? {
        0 => Err(syn::Error::new_spanned(&max, "`max` is at least 1: nobody could sign in")),
        _ => Ok(max),
    }
}

fn fate(meta: &Meta) -> syn::Result<Fate> {
    choice(meta, &[("keep", Fate::Keep), ("drop", Fate::Drop)])
}

fn on_invalid(meta: &Meta) -> syn::Result<OnInvalid> {
    choice(meta, &[("default", OnInvalid::Default), ("destroy", OnInvalid::Destroy), ("error", OnInvalid::Error)])
}
