use scs::Session;

#[derive(Session)]
struct Visitor {
    visits: std::rc::Rc<u32>,
}

fn main() {}
