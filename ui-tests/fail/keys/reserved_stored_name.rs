use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(rename = "scs.device")]
    device: u32,
    #[session(alias = "scs.actor")]
    actor: u32,
}

fn main() {}
