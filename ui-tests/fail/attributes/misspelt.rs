use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(flsh)]
    notice: Option<String>,
    #[session(defualt = 7)]
    visits: u32,
    #[session(rename_all = "x")]
    name: String,
}

fn main() {}
