//! Schemas inside functions, in modules, private and restricted fields, raw identifiers, types behind
//! paths, macros and aliases.
#![deny(warnings, missing_docs)]

use scs::TypedSession;

/// A module that documents everything.
pub mod documented {
    /// A schema that other crates see.
    #[derive(Debug, scs::Session)]
    #[session(name = "visitor", version = 2)]
    pub struct Visitor {
        /// How often.
        pub visits: u32,
        pub(crate) hits: u32,
        private: u32,
    }

    pub(crate) fn private(session: &scs::TypedSession<Visitor>) -> u32 {
        session.private()
    }
}

mod raw {
    use scs::Session;

    type Tags = std::collections::BTreeSet<String>;

    macro_rules! schema {
        ($name:ident, $field:ident: $ty:ty) => {
            #[derive(Session)]
            pub(super) struct $name {
                #[session(index, rename = "r#match")]
                pub(super) r#match: Option<u32>,
                pub(super) r#type: String,
                pub(super) $field: $ty,
                #[session(merge = "union")]
                pub(super) tags: Tags,
                pub(super) boxed: Box<[u8]>,
                pub(super) pair: (u8, [u16; 2]),
            }
        };
    }

    schema!(Raw, r#async: Option<bool>);
}

mod twins {
    // Field names that differ in case, and words of the generated code.
    #[derive(scs::Session)]
    #[allow(non_snake_case)]
    pub(super) struct Twins {
        pub(super) a: u8,
        pub(super) A: u8,
        pub(super) handle: u8,
        pub(super) schema: u8,
        pub(super) value: u8,
        pub(super) read: u8,
        pub(super) update: u8,
        pub(super) snapshot_of: u8,
    }
}

fn use_them(
    visitor: &TypedSession<documented::Visitor>,
    raw: &TypedSession<raw::Raw>,
    twins: &TypedSession<twins::Twins>,
) {
    let _ = (visitor.visits(), visitor.hits(), documented::private(visitor));
    raw.set_type("text");
    raw.set_async(true);
    let _ = (raw.r#match(), raw.r#async(), raw.boxed(), raw.pair(), raw.tags(), raw::Raw::by_match(7));
    let _ = (twins.a(), twins.A(), twins.handle(), twins.schema(), twins.value(), twins.read(), twins.update());
    twins.set_value(twins.snapshot_of());
}

fn main() {
    #[derive(scs::Session)]
    struct Inner {
        #[session(index, renews)]
        account: Option<u64>,
    }
    let sessions = scs::SessionManager::<Inner, _>::new(scs::MemoryStore::new());
    let _ = (sessions.find(Inner::by_account(7)), use_them);
}
