//! Documentation of the generated items, so that they fit into crates that deny `missing_docs`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    model::{Field, Model},
    names::Accessor,
};

/// The accessor's own sentence, then what the user wrote of the field.
pub(super) fn accessor(accessor: Accessor, field: &Field<'_>) -> TokenStream {
    let docs = &field.docs;
    if matches!(accessor, Accessor::Get) && !docs.is_empty() {
        return quote!(#(#docs)*);
    }
    let sentence = format!(" {}", sentence(accessor, &field.name));
    let separator = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
    quote!(#[doc = #sentence] #separator #(#docs)*)
}

fn sentence(accessor: Accessor, name: &str) -> String {
    match accessor {
        Accessor::Get => format!("The value of `{name}`."),
        Accessor::With => format!("What the function makes of the value of `{name}`."),
        Accessor::Set => format!("Sets `{name}`."),
        Accessor::Update => format!("Changes `{name}`; runs again on what a concurrent request stored."),
        Accessor::Pop => format!("Takes the value of `{name}` out."),
        Accessor::Remove => format!("Removes `{name}`."),
        Accessor::Has => format!("Whether `{name}` has a value."),
        Accessor::Add => format!("Adds to `{name}`; concurrent additions all count."),
        Accessor::Init => format!("Sets `{name}` for the life of the session."),
        Accessor::ExpiresIn => format!("How long the value of `{name}` stays."),
        Accessor::Peek => format!("Reads `{name}` without consuming it."),
        Accessor::Keep => format!("Keeps the value of `{name}` that was popped for the next request."),
        Accessor::Now => format!("Sets `{name}` for this request only."),
        Accessor::Claim => format!("Takes `{name}` out for at most one of many concurrent requests, at once."),
    }
}

pub(super) fn accessors_type(model: &Model<'_>) -> String {
    let schema = model.ident;
    format!(" The accessors of [`{schema}`], reached through `TypedSession<{schema}>`.")
}

pub(super) fn term_function(field: &Field<'_>) -> String {
    format!(" The sessions in which `{}` has this value.", field.name)
}
