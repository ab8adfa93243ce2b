use scs::TypedTerm;

fn same<S>(one: TypedTerm<S>, other: TypedTerm<S>) -> bool {
    one == other
}

fn main() {
    let _ = same::<()>;
}
