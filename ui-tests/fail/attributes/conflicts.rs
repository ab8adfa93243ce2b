use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(flash, index, once)]
    notice: Option<String>,
    #[session(once, merge = "add")]
    device: u32,
    #[session(merge = "add")]
    hits: Option<u64>,
}

fn main() {}
