use axum::{Router, routing::get};
use scs::TypedSession;

struct Visitor {
    visits: u32,
}

async fn handler(_: TypedSession<Visitor>) {}

fn main() {
    let _: Router = Router::new().route("/", get(handler));
}
