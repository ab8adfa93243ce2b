//! Expansion: the model as code. Everything it names is absolute.

mod accessors;
mod docs;
mod schema;
#[cfg(test)]
mod snapshots;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{
    check::check,
    diag::Diagnostics,
    model::{Field, Model},
};

/// The implementation and every mistake: code that uses the struct compiles as far as it can.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let expanded = Model::new(input, &mut diagnostics).map(|mut model| {
        let declared = model.fields.len();
        check(&mut model, &mut diagnostics);
        expand(&model, declared == model.fields.len())
    });
    let errors = diagnostics.into_tokens();
    quote!(#expanded #errors)
}

/// `whole`: no field was taken out of the model.
fn expand(model: &Model<'_>, whole: bool) -> TokenStream {
    let accessors = accessors::expand(model);
    let schema = schema::expand(model, whole);
    quote!(#accessors #schema)
}

/// What a function takes that is given a value of the field, and the value it makes of that.
fn argument(field: &Field<'_>) -> (TokenStream, TokenStream) {
    let stored = field.stored;
    match field.is_string() {
        true => (quote!(impl ::core::convert::Into<#stored>), quote!(value.into())),
        false => (quote!(#stored), quote!(value)),
    }
}
