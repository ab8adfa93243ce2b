use scs::TypedSession;

fn handler(_: TypedSession<u32>) {}

fn main() {
    let _ = handler;
}
