//! Sessions are found by the bytes of a value, which equal maps, sets and fractions do not share.

use std::collections::{BTreeMap, HashMap, HashSet};

use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index)]
    roles: HashSet<String>,
    #[session(index)]
    prefs: Option<HashMap<String, u8>>,
    #[session(index(by = "by_position"))]
    position: (u8, [f64; 2]),
    #[session(index)]
    sorted: BTreeMap<String, f32>,
    #[session(index)]
    account: Option<u64>,
}

fn main() {
    let _ = Visitor::by_account(7);
}
