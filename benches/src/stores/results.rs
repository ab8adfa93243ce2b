//! Everything that was measured, now or before.

use std::io;

use scs_benches::report::{CLIENTS, load, machine, save};
use serde::{Deserialize, Serialize};

use crate::{
    busy_writer::{self, Stall},
    place::Measured,
    places,
    settings::Settings,
};

const NAME: &str = "stores";

#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    /// The one on which everything was measured at once.
    #[serde(default)]
    pub machine: String,
    pub stores: Vec<Measured>,
    pub busy_writer: Vec<Stall>,
}

impl Results {
    pub fn measure(settings: &Settings) -> Self {
        let machine = if settings.wants_everything() { machine(CLIENTS) } else { String::new() };
        let stores = places::measure_all(settings);
        let busy_writer = if settings.wants("busy") { busy_writer::measure(settings) } else { Vec::new() };
        Self { machine, stores, busy_writer }
    }

    /// What was kept; nothing if everything is measured anew.
    pub fn of_last_time(settings: &Settings) -> Self {
        if settings.wants_everything() { Self::default() } else { load(NAME).unwrap_or_default() }
    }

    /// With newer results in place of the same ones.
    #[must_use]
    pub fn with(mut self, newer: Self) -> Self {
        if !newer.machine.is_empty() {
            self.machine = newer.machine;
        }
        for store in newer.stores {
            match self.stores.iter_mut().find(|older| older.name == store.name) {
                Some(older) => *older = store,
                None => self.stores.push(store),
            }
        }
        if !newer.busy_writer.is_empty() {
            self.busy_writer = newer.busy_writer;
        }
        self
    }

    pub fn save(&self) -> io::Result<()> {
        save(NAME, self)
    }
}
