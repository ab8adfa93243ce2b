use scs::sealed::Key;

fn main() {}

fn print(key: &Key) {
    println!("{key}");
}
