//! Schedules: every order in which the store calls of a few requests can happen, explored one by one.
//!
//! The requests run on one thread. A gate holds every store call back, and whatever is not held back runs on until
//! it waits for the gate, for another request or for time, which stands still otherwise. So a schedule is nothing
//! but the order in which the gate was opened, and the same order ends the same way.

mod driver;
mod explore;
mod explorer;
mod gate;
mod request;
mod serial;
mod sets;
mod world;

pub(crate) use self::{
    driver::{Task, drive},
    explorer::Explorer,
    gate::{Gate, Gated},
    request::Visitor,
};
