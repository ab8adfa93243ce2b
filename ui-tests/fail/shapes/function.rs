#[derive(scs::Session)]
fn visitor() {}

fn main() {}
