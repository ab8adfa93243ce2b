fn same(one: scs::Token, other: scs::Token) -> bool {
    one == other
}

fn main() {
    let _ = same;
}
