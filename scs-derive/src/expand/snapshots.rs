//! What the derive writes, word for word, in files that a reviewer reads. To accept a new expansion
//! after reading it: `SCS_SNAPSHOTS=write cargo test --package scs-derive`.

use std::{fs, path::Path};

use syn::{DeriveInput, File, Item, parse_quote};

/// The expansion as a file would have it.
fn expansion(input: &DeriveInput) -> File {
    syn::parse2(super::derive(input)).expect("the expansion is a sequence of items")
}

fn check(name: &str, expanded: &File) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name).with_extension("rs");
    let text = prettyplease::unparse(expanded);
    if std::env::var_os("SCS_SNAPSHOTS").is_some() {
        fs::write(&file, &text).expect("the snapshot can be written");
    }
    let accepted = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, accepted, "the expansion is not the one in {}", file.display());
    text
}

fn five_fields() -> DeriveInput {
    parse_quote! {
        pub struct Visitor {
            /// The signed-in account.
            #[session(index, renews)]
            pub account: Option<u64>,
            pub visits: u32,
            #[session(merge = "add")]
            pub hits: u64,
            #[session(flash)]
            pub notice: Option<String>,
            #[session(ttl = "10m", on_invalid = "destroy")]
            pub otp: String,
        }
    }
}

#[test]
fn a_session_of_five_fields() {
    check("five_fields", &expansion(&five_fields()));
}

#[test]
fn every_other_attribute() {
    let input = parse_quote! {
        #[session(name = "visitor", version = 2, migrate(from = 1, with = step), codec = Json, crate = "web::scs")]
        struct Visitor<T: Bound> {
            #[session(rename = "c", alias = "count", alias = "hits", secret)]
            r#type: T,
            #[session(once, on_login = "drop", on_logout = "drop")]
            device: Option<u32>,
            #[session(skip, default = 7)]
            attempts: u8,
            #[session(merge = longest, on_invalid = "error")]
            draft: Vec<T>,
        }
    };
    check("other_attributes", &expansion(&input));
}

#[test]
fn each_accessor_is_one_call_and_the_rest_fits_one_screen() {
    let mut file = expansion(&five_fields());
    let items = std::mem::take(&mut file.items);
    let (accessors, rest): (Vec<_>, Vec<_>) = items.into_iter().partition(
        |item| matches!(item, Item::Impl(block) if block.trait_.is_none() && block.items.iter().any(is_constant)),
    );
    for item in accessors.iter().flat_map(|item| if let Item::Impl(block) = item { &block.items[..] } else { &[] }) {
        if let syn::ImplItem::Fn(method) = item {
            assert_eq!(method.block.stmts.len(), 1, "{}", method.sig.ident);
        }
    }
    let rest = prettyplease::unparse(&File { items: rest, ..file });
    assert!(rest.lines().count() <= 80, "{rest}");
}

fn is_constant(item: &syn::ImplItem) -> bool {
    matches!(item, syn::ImplItem::Const(_))
}
