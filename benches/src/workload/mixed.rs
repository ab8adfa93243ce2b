//! What a larger session holds: sixteen values of several types.

use scs::Session;

/// A struct for typed libraries, and sixteen keys for the others.
#[derive(Session, Clone, PartialEq)]
pub struct Mixed {
    pub number: u64,
    pub account: u64,
    pub name: String,
    pub email: String,
    pub locale: String,
    pub theme: String,
    pub device: String,
    pub admin: bool,
    pub subscribed: bool,
    pub balance: i64,
    pub rate: f64,
    pub quota: u16,
    pub since: u64,
    pub seen: Vec<u32>,
    pub cart: Vec<String>,
    pub note: Option<String>,
}

impl Mixed {
    pub fn sample() -> Self {
        Self {
            number: super::START,
            account: 184_467,
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            locale: "en-GB".to_owned(),
            theme: "dark".to_owned(),
            device: "a laptop".to_owned(),
            admin: false,
            subscribed: true,
            balance: -1_250,
            rate: 0.175,
            quota: 512,
            since: 1_790_000_000,
            seen: vec![3, 14, 159, 2_653, 58_979],
            cart: ["tea", "two cups", "a kettle"].map(str::to_owned).to_vec(),
            note: Some("leave it at the door".to_owned()),
        }
    }
}

/// Calls a macro with the name of each field but `number`.
macro_rules! each_field {
    ($each:ident) => {
        $each!(account);
        $each!(name);
        $each!(email);
        $each!(locale);
        $each!(theme);
        $each!(device);
        $each!(admin);
        $each!(subscribed);
        $each!(balance);
        $each!(rate);
        $each!(quota);
        $each!(since);
        $each!(seen);
        $each!(cart);
        $each!(note);
    };
}
pub(crate) use each_field;
