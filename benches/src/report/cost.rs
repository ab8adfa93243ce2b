//! What a request costs in process.

use serde::{Deserialize, Serialize};

use super::Summary;

/// One subject in one scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cost {
    pub subject: String,
    pub baseline: String,
    pub scenario: String,
    /// What the scenario is, in words.
    pub text: String,
    pub nanoseconds: Summary,
    /// To the baseline in the same round.
    pub ratio: Summary,
    /// To the floor in the same round, for what runs under axum.
    #[serde(default)]
    pub to_floor: Option<Summary>,
    pub allocated: Option<Allocated>,
}

/// By one request of one subject in one scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Allocated {
    pub subject: String,
    pub scenario: String,
    pub allocations: f64,
    pub bytes: f64,
}
