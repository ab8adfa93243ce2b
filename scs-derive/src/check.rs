//! Rules: what goes together and what does not. One function per rule.

use std::collections::HashMap;

use crate::{
    attr::{Fate, FieldAttributes, Keyed, Merge, StructAttributes},
    diag::Diagnostics,
    model::{Field, Model},
    names::{Accessor, PRELUDE_METHODS, SESSION_METHODS},
};

/// Checks every rule. What breaks one is taken out of the model, so that it is one error and not
/// several: an attribute, or a field whose accessors cannot be generated.
pub(crate) fn check(model: &mut Model<'_>, diagnostics: &mut Diagnostics) {
    for field in &mut model.fields {
        flash_stands_alone(field, diagnostics);
        once_is_never_merged(field, diagnostics);
        counters_have_a_value(field, diagnostics);
        what_is_skipped_is_never_stored(field, diagnostics);
        signing_out_always_drops_who_it_was(field, diagnostics);
        signing_in_keeps_who_it_is(field, diagnostics);
        nothing_sealed_needs_a_store(field, diagnostics);
        what_is_found_has_one_encoding(field, diagnostics);
    }
    stored_names_are_distinct(model, diagnostics);
    stored_names_leave_ours_alone(model, diagnostics);
    migrations_lead_to_the_version(&mut model.attributes, diagnostics);
    let mut clashing = borrowed(model, diagnostics);
    clashing.extend(reserved_names(model, diagnostics));
    clashing.extend(colliding_names(model, diagnostics));
    model.fields.retain(|field| !clashing.contains(&field.position));
}

/// What is read back from a store is borrowed from nothing.
fn borrowed(model: &Model<'_>, diagnostics: &mut Diagnostics) -> Vec<usize> {
    let borrowed = model.stored_fields().filter(|field| matches!(field.stored, syn::Type::Reference(_)));
    let report = |field: &Field<'_>| {
        diagnostics.error(field.stored, "a session owns its data; use an owned type, such as `String` for `&str`");
        field.position
    };
    borrowed.map(report).collect()
}

/// A flash value is consumed by reading it, so nothing that needs it to stay makes sense.
fn flash_stands_alone(field: &Field<'_>, diagnostics: &mut Diagnostics) {
    if field.attributes.flash.is_none() {
        return;
    }
    let attributes = &field.attributes;
    let others = [
        attributes.index.as_ref().map(|index| &index.key),
        attributes.renews.as_ref().map(|renews| &renews.key),
        attributes.once.as_ref().map(|once| &once.key),
        attributes.merge.as_ref().map(|merge| &merge.key),
        attributes.default.as_ref().map(|default| &default.key),
    ];
    for other in others.into_iter().flatten() {
        diagnostics.error(
            other,
            format!(
                "`{other}` and `flash` exclude each other: a flash value is gone once it is read; remove one of them"
            ),
        );
    }
}

/// A value that is set once has nothing to be merged with.
fn once_is_never_merged(field: &mut Field<'_>, diagnostics: &mut Diagnostics) {
    if field.attributes.once.is_none() {
        return;
    }
    if let Some(merge) = field.attributes.merge.take() {
        diagnostics.error(
            &merge.key,
            "`merge` and `once` exclude each other: of concurrent `init` calls the first wins; remove one of them",
        );
    }
}

/// Adding needs something to add to.
fn counters_have_a_value(field: &mut Field<'_>, diagnostics: &mut Diagnostics) {
    let is_option = field.is_option();
    let starts_from_a_value = |merge: &mut Keyed<Merge>| is_option && !matches!(merge.value, Merge::Function(_));
    if field.attributes.merge.take_if(starts_from_a_value).is_some() {
        diagnostics.error(
            field.declared,
            "`merge` needs a value to start from: drop the `Option`, an absent value counts as its `Default`",
        );
    }
}

/// A field that lives for one request has nothing to do with records.
fn what_is_skipped_is_never_stored(field: &mut Field<'_>, diagnostics: &mut Diagnostics) {
    if field.attributes.skip.is_none() {
        return;
    }
    let attributes = std::mem::take(&mut field.attributes);
    let keys = [
        attributes.rename.map(|rename| rename.key),
        attributes.flash.map(|flash| flash.key),
        attributes.index.map(|index| index.key),
        attributes.renews.map(|renews| renews.key),
        attributes.ttl.map(|ttl| ttl.key),
        attributes.once.map(|once| once.key),
        attributes.merge.map(|merge| merge.key),
        attributes.on_login.map(|on_login| on_login.key),
        attributes.on_logout.map(|on_logout| on_logout.key),
        attributes.on_invalid.map(|on_invalid| on_invalid.key),
    ];
    for other in keys.into_iter().flatten().chain(attributes.aliases.into_iter().map(|alias| alias.key)) {
        diagnostics.error(
            &other,
            format!("`{other}` and `skip` exclude each other: a skipped field is never stored; remove one of them"),
        );
    }
    field.attributes = FieldAttributes {
        default: attributes.default,
        secret: attributes.secret,
        skip: attributes.skip,
        ..FieldAttributes::default()
    };
}

/// Who was signed in is what signing out is about.
fn signing_out_always_drops_who_it_was(field: &Field<'_>, diagnostics: &mut Diagnostics) {
    let attributes = &field.attributes;
    let keeps = attributes.on_logout.as_ref().filter(|on_logout| on_logout.value == Fate::Keep);
    if let Some(keeps) = keeps.filter(|_| attributes.renews.is_some() || attributes.index.is_some()) {
        diagnostics.error(&keeps.key, "`sign_out` always drops `renews` and `index` fields; remove `on_logout`");
    }
}

/// What signing in sets is not what it drops.
fn signing_in_keeps_who_it_is(field: &Field<'_>, diagnostics: &mut Diagnostics) {
    if let (Some(_), Some(on_login)) = (&field.attributes.renews, &field.attributes.on_login) {
        diagnostics.error(&on_login.key, "setting this very field is the sign-in; remove `on_login`");
    }
}

/// Nobody but its client has a sealed session, and whoever kept a copy can present that again.
fn nothing_sealed_needs_a_store(field: &mut Field<'_>, diagnostics: &mut Diagnostics) {
    if !field.is_sealed {
        return;
    }
    if let Some(index) = field.attributes.index.take() {
        let advice =
            "a sealed session is in no store where it could be found; remove `index`, or `sealed` from the struct";
        diagnostics.error(&index.key, advice);
    }
    if let Some(once) = field.attributes.once.take() {
        let advice = "a client that kept an older sealed cookie can set the value again; remove `once`, or `sealed` from the struct";
        diagnostics.error(&once.key, advice);
    }
}

/// Sessions are found by the encoded value, so equal values must be encoded as the same bytes.
fn what_is_found_has_one_encoding(field: &mut Field<'_>, diagnostics: &mut Diagnostics) {
    let Some((name, instead)) = field.attributes.index.as_ref().and(with_many_encodings(field.stored)) else { return };
    field.attributes.index = None;
    diagnostics.error(
        field.stored,
        format!(
            "sessions are found by the encoded value, and equal values of `{name}` can have different ones; {instead}"
        ),
    );
}

/// A type in this one whose equal values can be encoded in different ways, and what to use in its place.
fn with_many_encodings(of: &syn::Type) -> Option<(String, &'static str)> {
    match of {
        syn::Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            match name.as_str() {
                "HashMap" | "IndexMap" => Some((name, "use `BTreeMap`")),
                "HashSet" | "IndexSet" => Some((name, "use `BTreeSet`")),
                "f32" | "f64" => Some((name, "index an integer or a `String`")),
                _ => match &last.arguments {
                    syn::PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| {
                        if let syn::GenericArgument::Type(argument) = argument {
                            with_many_encodings(argument)
                        } else {
                            None
                        }
                    }),
                    _ => None,
                },
            }
        }
        syn::Type::Tuple(tuple) => tuple.elems.iter().find_map(with_many_encodings),
        syn::Type::Array(array) => with_many_encodings(&array.elem),
        syn::Type::Paren(paren) => with_many_encodings(&paren.elem),
        syn::Type::Group(group) => with_many_encodings(&group.elem),
        _ => None,
    }
}

/// In a record each name means one field.
fn stored_names_are_distinct(model: &Model<'_>, diagnostics: &mut Diagnostics) {
    let mut owners: HashMap<String, &str> = HashMap::new();
    for field in model.stored_fields() {
        let aliases = field.attributes.aliases.iter().map(|alias| alias.value.clone());
        for name in std::iter::once(field.stored_name()).chain(aliases) {
            if name.value().is_empty() {
                diagnostics.error(&name, "a stored name has at least one character");
            } else if let Some(owner) = owners.insert(name.value(), &field.name) {
                let text = name.value();
                let message = match owner == field.name {
                    true => format!("this field has the stored name `{text}` already; remove it"),
                    false => format!("field `{owner}` has the stored name `{text}` already; choose another"),
                };
                diagnostics.error(&name, message);
            }
        }
    }
}

/// What the framework may store in a record, beside the fields of the application.
const RESERVED_PREFIX: &str = "scs.";

/// In a record the framework has names of its own.
fn stored_names_leave_ours_alone(model: &Model<'_>, diagnostics: &mut Diagnostics) {
    for field in model.stored_fields() {
        let aliases = field.attributes.aliases.iter().map(|alias| alias.value.clone());
        for name in std::iter::once(field.stored_name()).chain(aliases) {
            if name.value().starts_with(RESERVED_PREFIX) {
                let message =
                    format!("stored names that begin with `{RESERVED_PREFIX}` are the framework's own; choose another");
                diagnostics.error(&name, message);
            }
        }
    }
}

/// A migration leads from one version to the next, up to the schema's own.
fn migrations_lead_to_the_version(attributes: &mut StructAttributes, diagnostics: &mut Diagnostics) {
    let number = |literal: &syn::LitInt| literal.base10_parse::<u32>().unwrap_or(0);
    let version = attributes.version.as_ref().map_or(1, |version| number(&version.value));
    if let Some(zero) = attributes.version.as_ref().filter(|_| version == 0) {
        diagnostics.error(&zero.value, "versions count from 1, which is what a schema without `version` has");
    }
    let mut known: Vec<u32> = Vec::new();
    for Keyed { value, .. } in &attributes.migrations {
        let from = number(&value.from);
        let message = match () {
            () if from == 0 => "versions count from 1".to_owned(),
            () if from >= version => {
                format!(
                    "this migration leads to version {}, and the schema has version {version}; write `version = {}`",
                    from + 1,
                    from + 1
                )
            }
            () if known.contains(&from) => format!("there is a migration from version {from} already; remove one"),
            () => {
                known.push(from);
                continue;
            }
        };
        diagnostics.error(&value.from, message);
    }
}

/// Accessors that a method of `TypedSession` or of the prelude would hide.
fn reserved_names(model: &Model<'_>, diagnostics: &mut Diagnostics) -> Vec<usize> {
    let mut clashing = Vec::new();
    for field in &model.fields {
        let mut names = Accessor::all(field).into_iter().map(|accessor| accessor.name(field).to_string());
        if let Some((name, owner)) = names.find_map(|name| owner_of(&name).map(|owner| (name, owner))) {
            diagnostics.error(
                field.ident,
                format!("the accessor `{name}` of this field is reserved for {owner}; rename the field, for example to `{}_value`", field.name),
            );
            clashing.push(field.position);
        }
    }
    clashing
}

/// Whose method has this name already.
fn owner_of(name: &str) -> Option<&'static str> {
    match name {
        name if SESSION_METHODS.contains(&name) => Some("`TypedSession`"),
        name if PRELUDE_METHODS.contains(&name) => Some("a trait of the prelude"),
        _ => None,
    }
}

/// Accessors that two fields would both have.
fn colliding_names(model: &Model<'_>, diagnostics: &mut Diagnostics) -> Vec<usize> {
    let mut owners: HashMap<String, &Field<'_>> = HashMap::new();
    let mut clashing = Vec::new();
    for field in &model.fields {
        for accessor in Accessor::all(field) {
            let name = accessor.name(field).to_string();
            if let Some(other) = owners.insert(name.clone(), field) {
                diagnostics.error(
                    field.ident,
                    format!(
                        "the accessor `{name}` of this field is also one of field `{}`; rename one of the fields",
                        other.name
                    ),
                );
                clashing.push(field.position);
            }
        }
    }
    clashing
}
