//! Robust statistics: on a shared machine one round in ten may mean nothing.

use serde::{Deserialize, Serialize};

/// What several rounds of one measurement say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub median: f64,
    pub best: f64,
    /// The interquartile range as a fraction of the median.
    pub spread: f64,
}

/// Summarises rounds, of which the smallest is the best.
///
/// # Panics
///
/// There are no samples, or one is not a number.
pub fn summary(samples: &[f64]) -> Summary {
    assert!(!samples.is_empty(), "nothing was measured");
    let mut sorted = samples.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).expect("a measurement is a number"));
    let median = quantile(&sorted, 0.5);
    let range = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
    Summary { median, best: sorted[0], spread: if median == 0.0 { 0.0 } else { range / median } }
}

/// Between two samples the quantile lies on the straight line.
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let place = fraction * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_moves_neither_median_nor_spread_much() {
        let calm = summary(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let disturbed = summary(&[1.0, 2.0, 3.0, 4.0, 500.0]);
        assert_eq!(calm, disturbed);
        assert_eq!((calm.median, calm.best, calm.spread), (3.0, 1.0, 2.0 / 3.0));
    }

    #[test]
    fn one_sample_has_no_spread() {
        assert_eq!(summary(&[7.0]), Summary { median: 7.0, best: 7.0, spread: 0.0 });
    }
}
