fn show(token: scs::Token) -> String {
    serde_json::to_string(&token).unwrap_or_default()
}

fn main() {
    let _ = show;
}
