//! The implementation of `Session`, and the functions that make terms.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Path;

use super::docs;
use crate::{
    model::{Field, Model},
    names,
};

pub(super) fn expand(model: &Model<'_>, whole: bool) -> TokenStream {
    let (krate, schema) = (model.krate(), model.ident);
    let accessors = names::accessors_type(schema);
    let (impl_generics, type_generics, where_clause) = model.generics.split_for_impl();
    let name = model.name();
    let fields = model.fields.iter().map(|field| field_schema(field, &krate));
    let is_indexed = model.fields.iter().any(|field| field.attributes.index.is_some());
    let needs = if is_indexed { quote!(IndexedStorage) } else { quote!(AnyStorage) };
    let snapshot = if whole { snapshot(model) } else { quote!(::core::unreachable!()) };
    let terms = term_functions(model, &krate);
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Session for #schema #type_generics #where_clause {
            type Accessors = #accessors #type_generics;
            type Needs = #krate::__private::#needs;

            const SCHEMA: &'static #krate::__private::Schema =
                &#krate::__private::Schema::new(#name, &[#(#fields),*]);

            fn snapshot(accessors: &Self::Accessors) -> Self {
                #snapshot
            }
        }

        #terms
    }
}

fn field_schema(field: &Field<'_>, krate: &Path) -> TokenStream {
    let name = &field.name;
    let indexed = field.attributes.index.as_ref().map(|_| quote!(.indexed()));
    let renews = field.attributes.renews.as_ref().map(|_| quote!(.renews()));
    let ttl = field.attributes.ttl.as_ref().map(|ttl| {
        let millis = u64::try_from(ttl.value.as_millis()).unwrap_or(u64::MAX);
        quote!(.expires_after(#millis))
    });
    quote!(#krate::__private::FieldSchema::new(#name)#indexed #renews #ttl)
}

/// Reads every field. The pattern tells rustc that they are read: handlers read them through the
/// accessors.
fn snapshot(model: &Model<'_>) -> TokenStream {
    let idents: Vec<_> = model.fields.iter().map(|field| field.ident).collect();
    let read = model.fields.iter().map(|field| format_ident!("_field_{}", field.slot));
    let values = model.fields.iter().map(value);
    quote! {
        let snapshot = Self { #(#idents: #values),* };
        let Self { #(#idents: #read),* } = &snapshot;
        snapshot
    }
}

fn value(field: &Field<'_>) -> TokenStream {
    let constant = names::constant(field);
    let default = super::accessors::default(field);
    let session = quote!(&accessors.handle);
    match (field.attributes.flash.is_some(), field.is_option()) {
        (true, true) => quote!(Self::Accessors::#constant.peek(#session)),
        (true, false) => quote!(Self::Accessors::#constant.peek(#session).unwrap_or_else(#default)),
        (false, true) => quote!(Self::Accessors::#constant.get(#session, #default)),
        (false, false) => quote!(Self::Accessors::#constant.get_or(#session, #default)),
    }
}

fn term_functions(model: &Model<'_>, krate: &Path) -> TokenStream {
    let indexed = model.fields.iter().filter_map(|field| Some((field, field.attributes.index.as_ref()?)));
    let functions: Vec<_> = indexed
        .map(|(field, index)| {
            let (visibility, slot, stored) = (field.visibility, field.slot, field.stored);
            let function = names::term_function(field, index.value.as_ref());
            let doc = docs::term_function(field);
            let (argument, value) = match field.is_string() {
                true => (quote!(impl ::core::convert::Into<#stored>), quote!(&value.into())),
                false => (quote!(#stored), quote!(&value)),
            };
            quote! {
                #[doc = #doc]
                #visibility fn #function(value: #argument) -> #krate::TypedTerm<Self> {
                    #krate::TypedTerm::new::<#krate::MessagePack, #stored>(#slot, #value)
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
        impl #impl_generics #schema #type_generics #where_clause {
            #(#functions)*
        }
    }
}
