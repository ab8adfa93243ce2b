//! Statistics that nothing but noise passes.

use crate::support::leaks::base64;

/// What is counted over many secrets of 32 bytes.
pub(crate) struct Noise {
    secrets: u64,
    /// How often each symbol stood at each place of the text.
    symbols: Vec<[u64; 64]>,
    /// How often each byte stood at each place of the secret.
    bytes: Vec<[u64; 256]>,
    /// The same of what differs from the secret before.
    differences: Vec<[u64; 256]>,
    before: Vec<u8>,
}

const BYTES: usize = 32;

/// Six standard deviations: by chance one bit of 512 is beyond in one of a million runs.
const DEVIATIONS: f64 = 6.0;

/// Chi-squared of 64 symbols is within these but in two of a thousand million cases.
const CHI_SQUARED: std::ops::Range<f64> = 16.5..156.0;

impl Noise {
    pub(crate) fn of(places: usize) -> Self {
        let counts = || vec![[0; 256]; BYTES];
        let (bytes, differences) = (counts(), counts());
        Self { secrets: 0, symbols: vec![[0; 64]; places], bytes, differences, before: vec![0; BYTES] }
    }

    pub(crate) fn add(&mut self, text: &str, secret: Vec<u8>) {
        self.secrets += 1;
        for (counts, symbol) in self.symbols.iter_mut().zip(text.bytes()) {
            counts[usize::from(base64(symbol).unwrap())] += 1;
        }
        for (place, (byte, before)) in secret.iter().zip(&self.before).enumerate() {
            self.bytes[place][usize::from(*byte)] += 1;
            self.differences[place][usize::from(byte ^ before)] += 1;
        }
        self.before = secret;
    }

    /// Every symbol at every place, each as often as the others, each bit as often set as not, and no secret tells
    /// of the one before. Gives the extremes: least and greatest chi-squared, and the greatest deviation of a bit.
    pub(crate) fn assert_is_noise(&self) -> (f64, f64, f64) {
        let (mut least, mut greatest) = (f64::MAX, 0.0_f64);
        for (place, counts) in self.symbols.iter().enumerate() {
            assert!(counts.iter().all(|count| *count > 0), "a symbol is never at place {place}");
            let chi_squared = self.chi_squared(counts);
            assert!(CHI_SQUARED.contains(&chi_squared), "chi-squared is {chi_squared} at place {place}");
            (least, greatest) = (least.min(chi_squared), greatest.max(chi_squared));
        }
        let places = self.bytes.iter().chain(&self.differences);
        let ones = places.flat_map(|counts| (0..8).map(|bit| ones(counts, bit)));
        let deviation = ones.map(|count| self.deviation(count)).fold(0.0, f64::max);
        assert!(deviation < DEVIATIONS, "a bit deviates by {deviation} standard deviations");
        (least, greatest, deviation)
    }

    fn chi_squared(&self, counts: &[u64; 64]) -> f64 {
        let expected = self.secrets as f64 / 64.0;
        counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum()
    }

    fn deviation(&self, count: u64) -> f64 {
        let secrets = self.secrets as f64;
        (count as f64 - secrets / 2.0).abs() / (secrets.sqrt() / 2.0)
    }
}

/// How often a bit was set.
fn ones(counts: &[u64; 256], bit: usize) -> u64 {
    counts.iter().enumerate().filter(|(byte, _)| byte >> bit & 1 == 1).map(|(_, count)| count).sum()
}
