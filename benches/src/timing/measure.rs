//! Times of one operation on inputs of two classes.

use std::{hint::black_box, time::Instant};

use super::welch::{Comparison, compare};

/// Draws inputs of two classes in random order and times the work on each: so many times in a row, because a clock is
/// coarser than a comparison. Both classes are prepared by the same instructions, right before.
pub fn measure<I, O>(
    samples: usize,
    repeats: u32,
    seed: u64,
    mut prepare: impl FnMut(&mut fastrand::Rng, bool) -> I,
    work: impl Fn(&I) -> O,
) -> Comparison {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut classes = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
    // The first times are those of cold caches.
    for sample in 0..samples + samples / 10 {
        let class = random.bool();
        let input = prepare(&mut random, class);
        let started = Instant::now();
        for _ in 0..repeats {
            black_box(work(black_box(&input)));
        }
        let time = started.elapsed().as_nanos() as f64 / f64::from(repeats);
        if sample >= samples / 10 {
            classes[usize::from(class)].push(time);
        }
    }
    compare([&classes[0], &classes[1]])
}
