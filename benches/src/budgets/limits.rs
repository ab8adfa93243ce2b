//! The limits: what each case took when they were last written.

use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::PathBuf};

use crate::{
    counts::{Counts, INSTRUCTIONS},
    program::Counted,
};

const HEAD: &str = "\
# What a request may take more than the same request to axum alone. `just budgets` counts it, and fails above 1 % more instructions
# or 0.1 more of anything else. `just budgets --write` puts what it counts here; do so with a change that makes a case cheaper.
";

pub(crate) type Limits = BTreeMap<String, Counts>;

/// Tokens and the keys of hash maps are random, so that a search takes more instructions or a map grows with another request.
/// What is counted whole may not become one more.
pub(crate) fn exceeds(name: &str, counted: f64, limit: f64) -> bool {
    let chance = if name == INSTRUCTIONS { limit / 100.0 } else { 0.1 };
    counted > limit + chance
}

pub(crate) fn read() -> Result<Limits, Box<dyn Error>> {
    let named: BTreeMap<String, BTreeMap<String, f64>> = toml::from_str(&fs::read_to_string(file())?)?;
    Ok(named.iter().map(|(case, limits)| (case.clone(), Counts::from_names(limits))).collect())
}

pub(crate) fn write(counted: &[Counted]) -> Result<(), Box<dyn Error>> {
    let mut text = HEAD.to_owned();
    for (scenario, counts) in counted {
        write!(text, "\n[{}]\n", scenario.name)?;
        for (name, limit) in counts.named() {
            writeln!(text, "{name} = {}", rounded(limit))?;
        }
    }
    Ok(fs::write(file(), text)?)
}

fn rounded(count: f64) -> f64 {
    match count < 1_000.0 {
        true => (count * 100.0).round() / 100.0,
        false => count.round(),
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("budgets.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_percent_of_the_instructions_is_chance_and_two_are_not() {
        assert!(!exceeds(INSTRUCTIONS, 10_100.0, 10_000.0) && exceeds(INSTRUCTIONS, 10_200.0, 10_000.0));
    }

    #[test]
    fn one_atomic_more_is_too_much() {
        assert!(exceeds("atomics", 121.0, 120.0) && !exceeds("atomics", 120.0, 120.0));
        assert!(exceeds("clocks", 1.0, 0.0) && !exceeds("clocks", 0.02, 0.0));
    }
}
