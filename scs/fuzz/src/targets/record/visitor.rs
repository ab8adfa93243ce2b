//! One schema in each codec, with a field of every shape that is decoded.

use std::collections::{BTreeMap, BTreeSet};

use scs::{Session, TypedSession};
use serde::{Deserialize, Serialize};

use super::{Bench, Fields};

/// A value with every shape that serde knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Item {
    Nothing,
    Number(i64),
    Pair(u8, bool),
    Book { title: String, year: Option<u16>, tags: BTreeSet<char> },
    Box(Vec<Item>),
    Map(BTreeMap<String, Item>),
}

/// Declares the schema in a codec, and the target of that codec.
macro_rules! visitor {
    ($target:ident, $codec:ident, $module:ident) => {
        /// The bytes are a record in this codec.
        pub fn $target(bytes: &[u8]) {
            thread_local! {
                static BENCH: Bench<$module::Visitor> = Bench::new();
            }
            BENCH.with(|bench| bench.try_record(bytes));
        }

        mod $module {
            use super::*;

            #[derive(Session)]
            #[session(name = "Visitor", codec = scs::$codec)]
            pub(super) struct Visitor {
                #[session(index, renews)]
                account: Option<u64>,
                pub(super) visits: u32,
                balance: i128,
                #[session(alias = "nick", alias = "colour")]
                name: String,
                cart: Vec<Item>,
                #[session(merge = "union")]
                tags: BTreeSet<String>,
                #[session(flash)]
                notice: Option<String>,
                #[session(ttl = "10m")]
                code: Option<[u8; 4]>,
                #[session(secret, on_login = "drop")]
                pin: Option<char>,
                #[session(once, on_invalid = "destroy")]
                device: Option<String>,
                #[session(on_invalid = "error")]
                step: Option<(u8, u8)>,
            }

            #[allow(clippy::type_complexity, reason = "one value of each field")]
            impl Fields for Visitor {
                type Values = (
                    (Option<u64>, i128, String, Vec<Item>, BTreeSet<String>),
                    (Option<String>, Option<[u8; 4]>, Option<char>, Option<String>, Option<(u8, u8)>),
                );

                const NAMES: &'static [(&'static [u8], &'static [&'static [u8]])] = &[
                    (b"account", &[]),
                    (b"visits", &[]),
                    (b"balance", &[]),
                    (b"name", &[b"nick", b"colour"]),
                    (b"cart", &[]),
                    (b"tags", &[]),
                    (b"notice", &[]),
                    (b"code", &[]),
                    (b"pin", &[]),
                    (b"device", &[]),
                    (b"step", &[]),
                ];

                fn values(session: &TypedSession<Self>) -> Self::Values {
                    (
                        (session.account(), session.balance(), session.name(), session.cart(), session.tags()),
                        (session.peek_notice(), session.code(), session.pin(), session.device(), session.step()),
                    )
                }

                fn visits(session: &TypedSession<Self>) -> u32 {
                    session.visits()
                }

                fn set_visits(session: &TypedSession<Self>, visits: u32) {
                    session.set_visits(visits);
                }
            }
        }
    };
}

visitor!(record_message_pack, MessagePack, message_pack);
visitor!(record_json, Json, json);
