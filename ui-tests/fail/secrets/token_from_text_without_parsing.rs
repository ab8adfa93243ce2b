fn open(text: &str) -> scs::Token {
    text.into()
}

fn main() {
    let _ = open;
}
