use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(flash, default = Some(String::new()))]
    notice: Option<String>,
}

fn main() {}
