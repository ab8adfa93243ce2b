use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(merge = larger)]
    visits: u32,
}

fn larger(one: u32, other: u32) -> u32 {
    one.max(other)
}

fn main() {}
