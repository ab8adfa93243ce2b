use scs::Session;

#[derive(Session)]
union Visitor {
    visits: u32,
    hits: f32,
}

fn main() {}
