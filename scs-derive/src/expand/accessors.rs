//! The accessor type: one descriptor per field and one library call per method.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, spanned::Spanned};

use super::docs;
use crate::{
    attr::Merge,
    model::{Field, Model},
    names::{self, Accessor},
};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let (krate, visibility, schema) = (model.krate(), model.visibility, model.ident);
    let accessors = names::accessors_type(schema);
    let doc = docs::accessors_type(model);
    let generics = &model.generics;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let descriptors = model.fields.iter().map(|field| descriptor(field, model));
    let methods = model.fields.iter().flat_map(|field| {
        let krate = &krate;
        Accessor::all(field).into_iter().map(move |accessor| method(accessor, field, krate))
    });
    quote! {
        #[doc = #doc]
        #visibility struct #accessors #generics #where_clause {
            handle: #krate::__private::Handle,
            schema: ::core::marker::PhantomData<fn() -> #schema #type_generics>,
        }

        #[automatically_derived]
        impl #impl_generics #krate::__private::Accessors for #accessors #type_generics #where_clause {
            fn new(handle: #krate::__private::Handle) -> Self {
                Self { handle, schema: ::core::marker::PhantomData }
            }

            fn handle(&self) -> &#krate::__private::Handle {
                &self.handle
            }
        }

        // The field's own name is what the compiler complains of, once.
        #[automatically_derived]
        #[allow(non_snake_case)]
        impl #impl_generics #accessors #type_generics #where_clause {
            #(#descriptors)*
            #(#methods)*
        }
    }
}

/// The constant through which the field's type is asked for what it must be able to do. All of it
/// stands at the type, so that a type that cannot is an error there.
fn descriptor(field: &Field<'_>, model: &Model<'_>) -> TokenStream {
    let (constant, slot, declared, stored) = (names::constant(field), field.slot, field.declared, field.stored);
    let krate = names::respan(model.krate(), stored.span());
    // A codec of the user's is asked for what it must be able to do where it is named.
    let codec = model.codec();
    let default = default(field, &model.krate());
    let types = if field.is_option() { quote!(#stored, #declared) } else { quote!(#stored) };
    let merge = merge(field, &krate);
    match field.is_stored() {
        true => quote_spanned! {stored.span()=>
            const #constant: #krate::__private::Field<#types> = #krate::__private::Field::<#types>::new(
                #slot,
                #default,
                <#stored as #krate::SessionValue>::encode::<#codec>,
                <#stored as #krate::SessionValue>::decode::<#codec>,
            )
            .compared({
                #[allow(unused_imports)]
                use #krate::__private::WithoutEquality as _;
                #krate::__private::Equality::<#stored>::EQUAL
            })
            #merge;
        },
        false => quote_spanned! {stored.span()=>
            const #constant: #krate::__private::LocalField<#types> = #krate::__private::LocalField::new(
                #slot,
                #default,
                <#stored as #krate::value::LocalValue>::duplicate,
            );
        },
    }
}

fn merge(field: &Field<'_>, krate: &TokenStream) -> Option<TokenStream> {
    let (stored, span) = (field.stored, field.stored.span());
    Some(match &field.attributes.merge.as_ref()?.value {
        Merge::Add => quote_spanned! {span=>
            .adding(<#stored as #krate::value::Additive>::plus, <#stored as #krate::value::Additive>::rebased)
        },
        Merge::Union => quote_spanned!(span=> .merging(<#stored as #krate::value::Union>::united)),
        Merge::Function(path) => quote!(.merging(#path)),
    })
}

/// A function without arguments that gives the value of a field that has none.
fn default(field: &Field<'_>, krate: &Path) -> TokenStream {
    let span = field.declared.span();
    match &field.attributes.default {
        Some(default) => {
            let value = &default.value;
            quote!(|| #value)
        }
        None if field.is_option() => quote!(|| ::core::option::Option::None),
        None => {
            let (declared, krate) = (field.declared, names::respan(krate, span));
            quote_spanned!(span=> <#declared as #krate::value::DefaultValue>::default_value)
        }
    }
}

fn method(accessor: Accessor, field: &Field<'_>, krate: &Path) -> TokenStream {
    let (visibility, name, constant) = (field.visibility, accessor.name(field), names::constant(field));
    let doc = docs::accessor(accessor, field);
    let Parts { attributes, qualifier, signature, call } = parts(accessor, field, krate);
    let body = match accessor {
        Accessor::Claim => quote!(self.handle.claim(Self::#constant).await),
        _ => quote!(Self::#constant.#call),
    };
    quote_spanned!(names::beside(field.ident)=> #doc #attributes #visibility #qualifier fn #name #signature { #body })
}

/// What is between and around the name of an accessor.
struct Parts {
    attributes: TokenStream,
    qualifier: TokenStream,
    signature: TokenStream,
    call: TokenStream,
}

impl Parts {
    /// An accessor that changes something.
    fn change(signature: TokenStream, call: TokenStream) -> Self {
        Self { attributes: TokenStream::new(), qualifier: TokenStream::new(), signature, call }
    }

    /// An accessor that only reads.
    fn read(signature: TokenStream, call: TokenStream) -> Self {
        Self { attributes: quote!(#[must_use]), ..Self::change(signature, call) }
    }
}

fn parts(accessor: Accessor, field: &Field<'_>, krate: &Path) -> Parts {
    let (declared, stored) = (field.declared, field.stored);
    let option = quote!(::core::option::Option<#stored>);
    let (argument, value) = super::argument(field);
    match accessor {
        Accessor::Get => Parts::read(quote!((&self) -> #declared), quote!(get(&self.handle))),
        Accessor::With => Parts::change(
            quote!(<R>(&self, read: impl ::core::ops::FnOnce(&#declared) -> R) -> R),
            quote!(with(&self.handle, read)),
        ),
        Accessor::Set => Parts::change(quote!((&self, value: #argument)), quote!(set(&self.handle, #value))),
        Accessor::Update => Parts::change(
            quote! {
                <R>(&self, update: impl ::core::ops::FnMut(&mut #declared) -> R + ::core::marker::Send + 'static) -> R
            },
            quote!(update(&self.handle, update)),
        ),
        Accessor::Pop => Parts::change(quote!((&self) -> #option), quote!(pop(&self.handle))),
        Accessor::Remove => Parts::change(quote!((&self)), quote!(remove(&self.handle))),
        Accessor::Has => Parts::read(quote!((&self) -> bool), quote!(has(&self.handle))),
        Accessor::Add => Parts::change(quote!((&self, amount: #declared)), quote!(add(&self.handle, amount))),
        Accessor::Init => Parts::change(
            quote!((&self, value: #argument) -> ::core::result::Result<(), #krate::AlreadySet>),
            quote!(init(&self.handle, #value)),
        ),
        Accessor::ExpiresIn => Parts::read(
            quote!((&self) -> ::core::option::Option<::core::time::Duration>),
            quote!(expires_in(&self.handle)),
        ),
        Accessor::Peek => Parts::read(quote!((&self) -> #option), quote!(peek(&self.handle))),
        Accessor::Keep => Parts::change(quote!((&self)), quote!(keep(&self.handle))),
        Accessor::Now => Parts::change(quote!((&self, value: #argument)), quote!(now(&self.handle, #value))),
        Accessor::Claim => Parts {
            qualifier: quote!(async),
            ..Parts::change(quote!((&self) -> ::core::result::Result<#option, #krate::SessionError>), quote!())
        },
    }
}
