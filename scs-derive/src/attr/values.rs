//! Values of attributes.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Expr, ExprLit, Lit, LitInt, LitStr, Meta, Path, spanned::Spanned};

pub(super) fn flag(meta: &Meta) -> syn::Result<()> {
    meta.require_path_only().map(|_| ()).map_err(|_| {
        let key = key(meta);
        syn::Error::new(meta.span(), format!("`{key}` takes no value; write just `{key}`"))
    })
}

pub(super) fn expression(meta: &Meta) -> syn::Result<Expr> {
    match meta {
        Meta::NameValue(pair) => Ok(pair.value.clone()),
        _ => Err(syn::Error::new_spanned(meta, format!("`{0}` needs a value; write `{0} = ..`", key(meta)))),
    }
}

pub(super) fn string(meta: &Meta) -> syn::Result<LitStr> {
    match expression(meta)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => {
            Err(syn::Error::new_spanned(other, format!("`{0}` is text in quotes; write `{0} = \"..\"`", key(meta))))
        }
    }
}

pub(super) fn integer(meta: &Meta) -> syn::Result<LitInt> {
    match expression(meta)? {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_parse::<u32>().is_ok() => Ok(number),
        other => Err(syn::Error::new_spanned(other, format!("`{}` is a number, such as 1", key(meta)))),
    }
}

pub(super) fn path(meta: &Meta) -> syn::Result<Path> {
    match expression(meta)? {
        Expr::Path(path) => Ok(path.path),
        other => Err(syn::Error::new_spanned(other, format!("`{}` is a path without quotes", key(meta)))),
    }
}

/// A path in quotes, as other derives have it for `crate`.
pub(super) fn path_text(meta: &Meta) -> syn::Result<Path> {
    let text = string(meta)?;
    text.parse().map_err(|_| {
        syn::Error::new_spanned(&text, format!("`{}` is a path in quotes, such as \"my_web::scs\"", key(meta)))
    })
}

/// A name in quotes.
pub(super) fn name_text(meta: &Meta) -> syn::Result<Ident> {
    let text = string(meta)?;
    text.parse().map_err(|_| {
        syn::Error::new_spanned(&text, format!("`{}` is a name in quotes, such as \"by_account\"", key(meta)))
    })
}

/// One of some words.
pub(super) fn choice<T: Copy>(meta: &Meta, choices: &[(&str, T)]) -> syn::Result<T> {
    let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let error = |at: &dyn quote::ToTokens| {
        syn::Error::new_spanned(at.to_token_stream(), format!("`{}` is {}", key(meta), words.join(" or ")))
    };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = expression(meta)? else { return Err(error(meta)) };
    let written = text.value();
    choices.iter().find(|(word, _)| *word == written).map(|(_, value)| *value).ok_or_else(|| error(&text))
}

pub(super) fn duration(meta: &Meta) -> syn::Result<Duration> {
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

fn key(meta: &Meta) -> String {
    meta.path().get_ident().map(ToString::to_string).unwrap_or_default()
}
