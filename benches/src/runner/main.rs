//! The runner of the bench `instructions`: it starts the bench again under callgrind, once for each case.

#![forbid(unsafe_code)]

use gungraun_runner::{error::Error, runner::run::run};

/// What the runner of gungraun exits with when a limit was exceeded.
const LIMIT_EXCEEDED: i32 = 3;

fn main() {
    if let Err(error) = run() {
        eprintln!("{error:#}");
        let limit = matches!(error.downcast_ref(), Some(Error::RegressionError(_)));
        std::process::exit(if limit { LIMIT_EXCEEDED } else { 1 });
    }
}
