//! Rules: what goes together and what does not. One function per rule.

use std::collections::HashMap;

use crate::{
    attr::{Keyed, Merge},
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
    }
    let mut clashing = reserved_names(model, diagnostics);
    clashing.extend(colliding_names(model, diagnostics));
    model.fields.retain(|field| !clashing.contains(&field.slot));
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
            clashing.push(field.slot);
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
                clashing.push(field.slot);
            }
        }
    }
    clashing
}
