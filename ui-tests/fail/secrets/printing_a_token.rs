fn show(token: scs::Token) {
    println!("{token}");
}

fn main() {
    let _ = show;
}
