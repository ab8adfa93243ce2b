//! Names: what the generated accessors are called, and what they must not be called.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};

use crate::{attr::Merge, model::Field};

/// Methods of `TypedSession`, which would win over an accessor of the same name, and names kept free
/// for it.
pub(crate) const SESSION_METHODS: &[&str] = &[
    "id",
    "is_new",
    "outcome",
    "status",
    "created_at",
    "last_seen",
    "deadline",
    "set_deadline",
    "expires_in",
    "remember",
    "renew",
    "clear",
    "destroy",
    "sign_out",
    "login_with",
    "merge_from",
    "revoke_others",
    "csrf",
    "snapshot",
    "inspect",
    "commit",
    "reload",
];

/// Methods of traits in the prelude, which `TypedSession` has too.
pub(crate) const PRELUDE_METHODS: &[&str] = &["clone", "to_owned", "into", "try_into", "borrow", "borrow_mut"];

/// The kinds of accessor, each with the rule that makes its name.
#[derive(Clone, Copy)]
pub(crate) enum Accessor {
    Get,
    With,
    Set,
    Update,
    Pop,
    Remove,
    Has,
    Add,
    Init,
    ExpiresIn,
    Peek,
    Keep,
    Now,
    Claim,
}

impl Accessor {
    /// The name of this accessor for a field, at the field's tokens.
    pub(crate) fn name(self, field: &Field<'_>) -> Ident {
        let name = &field.name;
        let name = match self {
            Self::Get => return field.ident.clone(),
            Self::With => format!("with_{name}"),
            Self::Set => format!("set_{name}"),
            Self::Update => format!("update_{name}"),
            Self::Pop => format!("pop_{name}"),
            Self::Remove => format!("remove_{name}"),
            Self::Has => format!("has_{name}"),
            Self::Add => format!("add_{name}"),
            Self::Init => format!("init_{name}"),
            Self::ExpiresIn => format!("{name}_expires_in"),
            Self::Peek => format!("peek_{name}"),
            Self::Keep => format!("keep_{name}"),
            Self::Now => format!("now_{name}"),
            Self::Claim => format!("claim_{name}"),
        };
        Ident::new(&name, field.ident.span())
    }

    /// The accessors of a field.
    pub(crate) fn all(field: &Field<'_>) -> Vec<Self> {
        let attributes = &field.attributes;
        let mut accessors = match () {
            () if attributes.flash.is_some() => {
                vec![Self::Pop, Self::Peek, Self::Set, Self::Keep, Self::Now, Self::Claim, Self::Remove, Self::Has]
            }
            () if attributes.once.is_some() => vec![Self::Get, Self::With, Self::Init, Self::Has],
            () => vec![Self::Get, Self::With, Self::Set, Self::Update, Self::Pop, Self::Remove, Self::Has],
        };
        if matches!(&attributes.merge, Some(merge) if matches!(merge.value, Merge::Add)) {
            accessors.push(Self::Add);
        }
        if attributes.ttl.is_some() {
            accessors.push(Self::ExpiresIn);
        }
        if field.is_sealed {
            accessors.retain(|accessor| !matches!(accessor, Self::Claim));
        }
        accessors
    }
}

/// The type that has the accessors.
pub(crate) fn accessors_type(schema: &Ident) -> Ident {
    format_ident!("{}Accessors", schema)
}

/// The constant that describes a field. The position keeps `a` and `A` apart.
pub(crate) fn constant(field: &Field<'_>) -> Ident {
    Ident::new(&format!("{}_{}", field.name.to_uppercase(), field.position), Span::mixed_site())
}

/// The function that makes a term of a value of this field.
pub(crate) fn term_function(field: &Field<'_>, by: Option<&Ident>) -> Ident {
    by.cloned().unwrap_or_else(|| Ident::new(&format!("by_{}", field.name), field.ident.span()))
}

/// Where messages about what was generated for a field point: at the field.
pub(crate) fn beside(field: &Ident) -> Span {
    Span::call_site().located_at(field.span())
}

/// The same tokens, standing somewhere else.
pub(crate) fn respan(tokens: impl ToTokens, span: Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_token_stream().into_iter().map(respan).collect()
}

/// A type or a path as its author would write it, without the blanks between tokens.
pub(crate) fn of_tokens(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    for word in tokens.to_token_stream().to_string().split_whitespace() {
        let glued = text.ends_with(|c: char| !c.is_alphanumeric() && c != '_' && c != '>' && c != ',')
            || !word.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(' || c == '[' || c == '\'');
        if !glued && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}
