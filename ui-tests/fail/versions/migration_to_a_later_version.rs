use scs::Session;

#[derive(Session)]
#[session(migrate(from = 1, with = step))]
struct Visitor {
    visits: u32,
}

fn step(_: &mut scs::RawFields) -> Result<(), scs::CodecError> {
    Ok(())
}

fn main() {}
