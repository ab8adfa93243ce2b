use scs::Session;

#[derive(Session)]
#[session(version = 2, migrate(from = 1, with = step), migrate(from = 1, with = step))]
struct Visitor {
    visits: u32,
}

fn step(_: &mut scs::RawFields) -> Result<(), scs::CodecError> {
    Ok(())
}

fn main() {}
