use scs::Session;

#[derive(Session)]
#[session(version = 2, migrate(from = 1, with = step))]
struct Visitor {
    visits: u32,
}

fn step(visits: u32) -> u32 {
    visits
}

fn main() {}
