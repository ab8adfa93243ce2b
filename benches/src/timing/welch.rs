//! Welch's t-test on two classes of times.

/// The shares of the times that are looked at, from the fastest up: the slow ones are those that something else
/// interrupted, and hide a difference.
const SHARES: [f64; 5] = [1.0, 0.99, 0.9, 0.75, 0.5];

/// What two classes say together.
pub struct Comparison {
    /// The largest t, of all shares.
    pub t: f64,
    /// Of both classes, in nanoseconds.
    pub median: f64,
}

/// Compares the times of two classes, in nanoseconds.
pub fn compare(classes: [&[f64]; 2]) -> Comparison {
    let mut pooled: Vec<f64> = classes.concat();
    pooled.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| pooled[((pooled.len() - 1) as f64 * share) as usize];
    let ts = SHARES.map(|share| welch(classes.map(|times| Moments::of(times, at(share)))));
    let t = ts.into_iter().fold(0.0, |largest: f64, t| if t.abs() > largest.abs() { t } else { largest });
    Comparison { t, median: at(0.5) }
}

/// Number, mean and variance.
struct Moments {
    number: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    /// Of the times up to a longest one.
    fn of(times: &[f64], longest: f64) -> Self {
        let kept = || times.iter().filter(|time| **time <= longest);
        let number = kept().count() as f64;
        let mean = kept().sum::<f64>() / number;
        let variance = kept().map(|time| (time - mean).powi(2)).sum::<f64>() / (number - 1.0);
        Self { number, mean, variance }
    }
}

fn welch([one, other]: [Moments; 2]) -> f64 {
    let error = (one.variance / one.number + other.variance / other.number).sqrt();
    // Times that are all the same do not differ.
    if error > 0.0 { (one.mean - other.mean) / error } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_one_kind_do_not_differ_and_a_small_shift_does() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut times = |shift: f64| -> Vec<f64> { (0..100_000).map(|_| random.f64() * 10.0 + shift).collect() };
        let (one, other, shifted) = (times(0.0), times(0.0), times(0.1));
        assert!(compare([&one, &other]).t.abs() < 4.5);
        assert!(compare([&one, &shifted]).t.abs() > 4.5);
    }

    #[test]
    fn what_was_interrupted_hides_no_difference() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut times = |shift: f64| -> Vec<f64> {
            let disturbance = |random: &mut fastrand::Rng| if random.u8(..) == 0 { 1e6 * random.f64() } else { 0.0 };
            (0..100_000).map(|_| random.f64() + shift + disturbance(&mut random)).collect()
        };
        let (one, other) = (times(0.0), times(0.05));
        assert!(compare([&one, &other]).t.abs() > 4.5);
    }
}
