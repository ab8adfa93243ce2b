use scs::sealed::Key;

fn main() {}

fn compare(one: &Key, other: &Key) -> bool {
    one == other
}
