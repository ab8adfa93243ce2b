//! The implementation of `Session`, and the functions that make terms.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Path;

use super::docs;
use crate::{
    attr::{Fate, Keyed, Migrate, OnInvalid, Over},
    model::{Field, Model},
    names,
};

pub(super) fn expand(model: &Model<'_>, whole: bool) -> TokenStream {
    let (krate, schema) = (model.krate(), model.ident);
    let accessors = names::accessors_type(schema);
    let (impl_generics, type_generics, where_clause) = model.generics.split_for_impl();
    let name = model.name();
    let fields = model.stored_fields().map(|field| field_schema(field, model));
    let named = model.attributes.name.as_ref().map(|_| quote!(.named()));
    let version = version(model);
    let codec = model.attributes.codec.as_ref().map(|codec| {
        let (path, name) = (model.codec(), names::of_tokens(&codec.value));
        quote!(.codec(#name, <#path as #krate::Codec>::describe))
    });
    let kept = kept(model);
    let snapshot = if whole { snapshot(model) } else { quote!(::core::unreachable!()) };
    let terms = term_functions(model, &krate);
    let has_account = has_account(model);
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Session for #schema #type_generics #where_clause {
            type Accessors = #accessors #type_generics;

            const SCHEMA: &'static #krate::__private::Schema =
                &#krate::__private::Schema::new(#name, &[#(#fields),*])#named #version #codec;

            fn snapshot(accessors: &Self::Accessors) -> Self {
                #snapshot
            }
        }

        #kept
        #has_account
        #terms
    }
}

/// A field that says who is signed in, and under which the sessions of that account are found.
fn has_account(model: &Model<'_>) -> Option<TokenStream> {
    let has_account = |field: &Field<'_>| field.attributes.index.is_some() && field.attributes.renews.is_some();
    model.fields.iter().any(has_account).then(|| {
        let (krate, schema) = (model.krate(), model.ident);
        let (impl_generics, type_generics, where_clause) = model.generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #impl_generics #krate::HasAccount for #schema #type_generics #where_clause {}
        }
    })
}

/// The backends that can keep the schema: those that can do what its fields need.
fn kept(model: &Model<'_>) -> TokenStream {
    let (krate, schema) = (model.krate(), model.ident);
    let mut indexed = model.fields.iter().filter_map(|field| field.attributes.index.as_ref()).peekable();
    let is_indexed = indexed.peek().is_some();
    let is_limited = indexed.any(|index| index.value.max.is_some());
    let (bound, kept) = match (is_indexed, is_limited) {
        (_, true) => (quote!(Limit), quote!(#krate::__private::Kept::in_limit(backend))),
        (true, false) => (quote!(Index), quote!(#krate::__private::Kept::in_index(backend))),
        (false, false) if model.attributes.sealed.is_some() => {
            (quote!(Backend), quote!(#krate::store::Backend::kept(backend)))
        }
        (false, false) => (quote!(Store), quote!(#krate::__private::Kept::in_store(backend))),
    };
    let mut generics = model.generics.clone();
    generics.params.push(syn::parse_quote!(__Backend: #krate::store::#bound));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = model.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::KeptBy<__Backend> for #schema #type_generics #where_clause {
            fn kept(backend: ::std::sync::Arc<__Backend>) -> #krate::__private::Kept {
                #kept
            }
        }
    }
}

/// The version, and the steps that lead to it.
fn version(model: &Model<'_>) -> Option<TokenStream> {
    let (krate, codec) = (model.krate(), model.codec());
    let version = &model.attributes.version.as_ref()?.value;
    let steps = model.attributes.migrations.iter().map(|migration| {
        let Migrate { from, with } = &migration.value;
        quote! {
            #krate::__private::Migration::new(#from, |fields| {
                #krate::RawFields::<#codec>::migrate(fields, #with)
            })
        }
    });
    Some(quote!(.version(#version, &[#(#steps),*])))
}

fn field_schema(field: &Field<'_>, model: &Model<'_>) -> TokenStream {
    let (krate, codec) = (model.krate(), model.codec());
    let (name, stored, attributes) = (field.stored_name(), field.stored, &field.attributes);
    let type_name = names::of_tokens(stored);
    let aliases = attributes.aliases.iter().map(|alias| &alias.value);
    let aliases = (!attributes.aliases.is_empty()).then(|| quote!(.aliases(&[#(#aliases),*])));
    let indexed = attributes.index.as_ref().map(|_| quote!(.indexed()));
    let limited = attributes.index.as_ref().and_then(|index| {
        let (max, rejects) = (index.value.max.as_ref()?, index.value.over == Some(Over::Reject));
        Some(quote!(.limited(#max, #rejects)))
    });
    let renews = attributes.renews.as_ref().map(|_| quote!(.renews()));
    let ttl = attributes.ttl.as_ref().map(|ttl| {
        let millis = u64::try_from(ttl.value.as_millis()).unwrap_or(u64::MAX);
        quote!(.expires_after(#millis))
    });
    let dropped = |fate: &Option<Keyed<Fate>>| fate.as_ref().is_some_and(|fate| fate.value == Fate::Drop);
    let on_login = dropped(&attributes.on_login).then(|| quote!(.dropped_on_login()));
    let on_logout = dropped(&attributes.on_logout).then(|| quote!(.dropped_on_logout()));
    let secret = attributes.secret.as_ref().map(|_| quote!(.secret()));
    let once = attributes.once.as_ref().map(|_| quote!(.once()));
    let on_invalid = attributes.on_invalid.as_ref().and_then(|on_invalid| match on_invalid.value {
        OnInvalid::Default => None,
        OnInvalid::Destroy => Some(quote!(.invalid_destroys::<#codec, #stored>())),
        OnInvalid::Error => Some(quote!(.invalid_is_error::<#codec, #stored>())),
    });
    let merge = attributes.merge.as_ref().map(|_| {
        let constant = names::constant(field);
        quote!(.merging(|ours, theirs| Self::Accessors::#constant.combined(ours, theirs)))
    });
    quote! {
        #krate::__private::FieldSchema::new(#name, #type_name)
            #aliases #indexed #limited #renews #ttl #on_login #on_logout #secret #once #on_invalid #merge
    }
}

/// Reads every field. The pattern tells rustc that they are read: handlers read them through the
/// accessors.
fn snapshot(model: &Model<'_>) -> TokenStream {
    let idents: Vec<_> = model.fields.iter().map(|field| field.ident).collect();
    let read = model.fields.iter().map(|field| format_ident!("_field_{}", field.position));
    let values = model.fields.iter().map(value);
    quote! {
        let snapshot = Self { #(#idents: #values),* };
        let Self { #(#idents: #read),* } = &snapshot;
        snapshot
    }
}

fn value(field: &Field<'_>) -> TokenStream {
    let constant = names::constant(field);
    quote!(Self::Accessors::#constant.snapshot(&accessors.handle))
}

fn term_functions(model: &Model<'_>, krate: &Path) -> TokenStream {
    let indexed = model.fields.iter().filter_map(|field| Some((field, field.attributes.index.as_ref()?)));
    let codec = model.codec();
    let functions: Vec<_> = indexed
        .map(|(field, index)| {
            let (visibility, slot, stored) = (field.visibility, field.slot, field.stored);
            let function = names::term_function(field, index.value.by.as_ref());
            let doc = docs::term_function(field);
            let (argument, value) = super::argument(field);
            quote_spanned! {names::beside(field.ident)=>
                #[doc = #doc]
                #visibility fn #function(value: #argument) -> #krate::TypedTerm<Self> {
                    #krate::TypedTerm::new::<#codec, #stored>(#slot, &#value)
                }
            }
        })
        .collect();
    if functions.is_empty() {
        return TokenStream::new();
    }
    let schema = model.ident;
    let (impl_generics, type_generics, where_clause) = model.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(non_snake_case)]
        impl #impl_generics #schema #type_generics #where_clause {
            #(#functions)*
        }
    }
}
