use std::collections::HashSet;

fn remember(seen: &mut HashSet<scs::Token>, token: scs::Token) {
    seen.insert(token);
}

fn main() {
    let _ = remember;
}
