//! The accessor type: one descriptor per field and one library call per method.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, spanned::Spanned};

use super::docs;
use crate::{
    attr::{Keyed, Merge},
    model::{Field, Model},
    names::{self, Accessor},
};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let (krate, visibility, schema) = (model.krate(), model.visibility, model.ident);
    let accessors = names::accessors_type(schema);
    let doc = docs::accessors_type(model);
    let generics = model.generics;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let descriptors = model.fields.iter().map(|field| descriptor(field, &krate));
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

        #[automatically_derived]
        impl #impl_generics #accessors #type_generics #where_clause {
            #(#descriptors)*
            #(#methods)*
        }
    }
}

/// The constant through which the field's type is asked for what it must be able to do. All of it
/// stands at the type, so that a type that cannot is an error there.
fn descriptor(field: &Field<'_>, krate: &Path) -> TokenStream {
    let (constant, slot, stored) = (names::constant(field), field.slot, field.stored);
    let krate = names::respan(krate, stored.span());
    let merge = field.attributes.merge.as_ref().map(|merge| merge_call(field, merge));
    quote_spanned! {stored.span()=>
        const #constant: #krate::__private::Field<#stored> =
            #krate::__private::Field::<#stored>::new::<#krate::MessagePack>(#slot)#merge;
    }
}

fn merge_call(field: &Field<'_>, merge: &Keyed<Merge>) -> TokenStream {
    let default = default(field);
    let span = field.stored.span();
    match &merge.value {
        Merge::Add => quote_spanned!(span=> .adding(#default)),
        Merge::Union => quote_spanned!(span=> .uniting(#default)),
        Merge::Function(path) if field.is_option() => quote!(.merging_options(#path)),
        Merge::Function(path) => quote!(.merging(#default, #path)),
    }
}

/// A function without arguments that gives the value of a field that has none.
pub(super) fn default(field: &Field<'_>) -> TokenStream {
    match &field.attributes.default {
        Some(default) => {
            let value = &default.value;
            quote!(|| #value)
        }
        None if field.is_option() => quote!(|| ::core::option::Option::None),
        None => quote_spanned!(field.declared.span()=> ::core::default::Default::default),
    }
}

fn method(accessor: Accessor, field: &Field<'_>, krate: &Path) -> TokenStream {
    let (visibility, name) = (field.visibility, accessor.name(field));
    let doc = docs::accessor(accessor, field);
    let signature_and_body = match accessor {
        Accessor::Get | Accessor::With | Accessor::Update | Accessor::Add => with_default(accessor, field),
        Accessor::Set | Accessor::Now | Accessor::Init => with_value(accessor, field, krate),
        _ => plain(accessor, field, krate),
    };
    let (attributes, qualifier, rest) = signature_and_body;
    quote! {
        #doc
        #attributes
        #visibility #qualifier fn #name #rest
    }
}

/// What stands before `fn`, and what stands after the name.
type Parts = (TokenStream, TokenStream, TokenStream);

/// Accessors that fall back to the field's default.
fn with_default(accessor: Accessor, field: &Field<'_>) -> Parts {
    let (constant, declared, default) = (names::constant(field), field.declared, default(field));
    let or = |optional: &str, plain: &str| {
        proc_macro2::Ident::new(if field.is_option() { optional } else { plain }, field.ident.span())
    };
    let must_use = quote!(#[must_use = "reading a field has no other effect"]);
    let rest = match accessor {
        Accessor::Get => {
            let get = or("get", "get_or");
            quote!((&self) -> #declared { Self::#constant.#get(&self.handle, #default) })
        }
        Accessor::With => {
            let with = or("with", "with_or");
            quote! {
                <R>(&self, read: impl ::core::ops::FnOnce(&#declared) -> R) -> R {
                    Self::#constant.#with(&self.handle, #default, read)
                }
            }
        }
        Accessor::Add => quote!((&self, amount: #declared) { Self::#constant.add(&self.handle, #default, amount) }),
        _ => {
            let update = or("update", "update_or");
            quote! {
                <R>(&self, update: impl ::core::ops::FnMut(&mut #declared) -> R + ::core::marker::Send + 'static) -> R {
                    Self::#constant.#update(&self.handle, #default, update)
                }
            }
        }
    };
    let attributes = if matches!(accessor, Accessor::Get) { must_use } else { TokenStream::new() };
    (attributes, TokenStream::new(), rest)
}

/// Accessors that take a value.
fn with_value(accessor: Accessor, field: &Field<'_>, krate: &Path) -> Parts {
    let (constant, stored) = (names::constant(field), field.stored);
    let (argument, value) = match field.is_string() {
        true => (quote!(impl ::core::convert::Into<#stored>), quote!(&value.into())),
        false => (quote!(#stored), quote!(&value)),
    };
    let rest = match accessor {
        Accessor::Init => quote! {
            (&self, value: #argument) -> ::core::result::Result<(), #krate::AlreadySet> {
                Self::#constant.init(&self.handle, #value)
            }
        },
        Accessor::Now => quote!((&self, value: #argument) { Self::#constant.now(&self.handle, #value) }),
        _ => quote!((&self, value: #argument) { Self::#constant.set(&self.handle, #value) }),
    };
    (TokenStream::new(), TokenStream::new(), rest)
}

fn plain(accessor: Accessor, field: &Field<'_>, krate: &Path) -> Parts {
    let (constant, stored) = (names::constant(field), field.stored);
    let must_use = quote!(#[must_use = "reading a field has no other effect"]);
    let none = TokenStream::new;
    let option = quote!(::core::option::Option<#stored>);
    match accessor {
        Accessor::Pop => (none(), none(), quote!((&self) -> #option { Self::#constant.pop(&self.handle) })),
        Accessor::Peek => (must_use, none(), quote!((&self) -> #option { Self::#constant.peek(&self.handle) })),
        Accessor::Keep => (none(), none(), quote!((&self) { Self::#constant.keep(&self.handle) })),
        Accessor::Remove => (none(), none(), quote!((&self) { Self::#constant.remove(&self.handle) })),
        Accessor::Has => (must_use, none(), quote!((&self) -> bool { Self::#constant.has(&self.handle) })),
        Accessor::ExpiresIn => (
            must_use,
            none(),
            quote! {
                (&self) -> ::core::option::Option<::core::time::Duration> { Self::#constant.expires_in(&self.handle) }
            },
        ),
        _ => (
            none(),
            quote!(async),
            quote! {
                (&self) -> ::core::result::Result<#option, #krate::SessionError> {
                    self.handle.claim(Self::#constant).await
                }
            },
        ),
    }
}
