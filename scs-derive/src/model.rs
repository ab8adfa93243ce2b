//! The model: the user's struct as the rules and the expansion see it, with every token it came from.

use proc_macro2::Ident;
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericArgument, Generics, LitStr, Path, PathArguments, Type, Visibility,
    ext::IdentExt,
};

use crate::{
    attr::{FieldAttributes, StructAttributes},
    diag::Diagnostics,
};

pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    pub(crate) generics: Generics,
    pub(crate) attributes: StructAttributes,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    /// Its position in the struct.
    pub(crate) position: usize,
    /// Its position among the stored fields, or among those that are not.
    pub(crate) slot: usize,
    pub(crate) ident: &'a Ident,
    /// The identifier without `r#`: what accessor names are made of, and the stored name by default.
    pub(crate) name: String,
    pub(crate) visibility: &'a Visibility,
    pub(crate) docs: Vec<&'a Attribute>,
    /// The type as it was written.
    pub(crate) declared: &'a Type,
    /// What is stored: `U` for a field of type `Option<U>`.
    pub(crate) stored: &'a Type,
    pub(crate) attributes: FieldAttributes,
    /// Whether its client may carry the record: nothing in it goes to one request only.
    pub(crate) is_sealed: bool,
}

impl<'a> Model<'a> {
    /// `None` if there is nothing to generate accessors for.
    pub(crate) fn new(input: &'a DeriveInput, diagnostics: &mut Diagnostics) -> Option<Self> {
        let attributes = StructAttributes::parse(&input.attrs, diagnostics);
        let fields = named_fields(input, diagnostics)?;
        let is_sealed = attributes.sealed.is_some();
        let fields = fields
            .enumerate()
            .map(|(position, (ident, field))| Field { is_sealed, ..Field::new(position, ident, field, diagnostics) });
        let mut fields: Vec<_> = fields.collect();
        number(fields.iter_mut().filter(|field| field.is_stored()));
        number(fields.iter_mut().filter(|field| !field.is_stored()));
        let generics = owned(&input.generics, diagnostics)?;
        Some(Self { ident: &input.ident, visibility: &input.vis, generics, fields, attributes })
    }

    /// The fields that records have.
    pub(crate) fn stored_fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| field.is_stored())
    }

    /// The schema's stored name.
    pub(crate) fn name(&self) -> LitStr {
        match &self.attributes.name {
            Some(name) => name.value.clone(),
            None => LitStr::new(&self.ident.unraw().to_string(), self.ident.span()),
        }
    }

    /// Where the generated code finds `scs`.
    pub(crate) fn krate(&self) -> Path {
        match &self.attributes.krate {
            Some(krate) => krate.value.clone(),
            None => syn::parse_quote!(::scs),
        }
    }

    /// What encodes the values.
    pub(crate) fn codec(&self) -> Path {
        match &self.attributes.codec {
            Some(codec) => codec.value.clone(),
            None => {
                let krate = self.krate();
                syn::parse_quote!(#krate::MessagePack)
            }
        }
    }
}

/// The generics of what is generated: a session outlives every borrow.
fn owned(generics: &Generics, diagnostics: &mut Diagnostics) -> Option<Generics> {
    for lifetime in generics.lifetimes() {
        diagnostics
            .error(lifetime, "a session owns its data; remove the lifetime and use owned types, such as `String`");
    }
    let mut owned = generics.clone();
    for parameter in owned.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!('static));
    }
    generics.lifetimes().next().is_none().then_some(owned)
}

fn number<'f, 'a: 'f>(fields: impl Iterator<Item = &'f mut Field<'a>>) {
    fields.enumerate().for_each(|(slot, field)| field.slot = slot);
}

impl<'a> Field<'a> {
    fn new(position: usize, ident: &'a Ident, field: &'a syn::Field, diagnostics: &mut Diagnostics) -> Self {
        Self {
            position,
            slot: position,
            ident,
            name: ident.unraw().to_string(),
            visibility: &field.vis,
            docs: field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect(),
            declared: &field.ty,
            stored: option_of(&field.ty).unwrap_or(&field.ty),
            attributes: FieldAttributes::parse(&field.attrs, diagnostics),
            is_sealed: false,
        }
    }

    /// Whether records have the field.
    pub(crate) const fn is_stored(&self) -> bool {
        self.attributes.skip.is_none()
    }

    /// The name that records have it under.
    pub(crate) fn stored_name(&self) -> LitStr {
        match &self.attributes.rename {
            Some(rename) => rename.value.clone(),
            None => LitStr::new(&self.name, self.ident.span()),
        }
    }

    pub(crate) fn is_option(&self) -> bool {
        !std::ptr::eq(self.declared, self.stored)
    }

    /// Whether setters take anything that becomes a `String`.
    pub(crate) fn is_string(&self) -> bool {
        last_segment(self.stored).is_some_and(|segment| segment.ident == "String" && segment.arguments.is_empty())
    }
}

fn named_fields<'a>(
    input: &'a DeriveInput,
    diagnostics: &mut Diagnostics,
) -> Option<impl Iterator<Item = (&'a Ident, &'a syn::Field)> + use<'a>> {
    let advice = "a session is a struct with named fields";
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            Fields::Unnamed(_) => {
                diagnostics.error(&input.ident, format!("{advice}; give the fields of this tuple struct names"));
                return None;
            }
            Fields::Unit => {
                diagnostics.error(&input.ident, format!("{advice}; write `struct {} {{ .. }}`", input.ident));
                return None;
            }
        },
        Data::Enum(_) => {
            diagnostics.error(
                &input.ident,
                format!("{advice}; make this enum the type of a field: `struct Visitor {{ state: {} }}`", input.ident),
            );
            return None;
        }
        Data::Union(_) => {
            diagnostics.error(&input.ident, format!("{advice}, not a union"));
            return None;
        }
    };
    Some(fields.iter().filter_map(|field| Some((field.ident.as_ref()?, field))))
}

/// The `U` of `Option<U>`, however the path to `Option` is written.
fn option_of(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        _ => None,
    }
}
