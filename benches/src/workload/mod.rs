//! The work: what one request does, and how requests are sent and checked.

mod application;
mod case;
mod in_process;
mod mixed;

pub use self::{
    application::{Application, Tower},
    case::{Case, SCENARIOS, Scenario},
    in_process::{InProcess, PLAIN_COOKIE, Setup},
    mixed::Mixed,
};

/// The number in a session before any request has changed it.
pub const START: u64 = 40;

pub(crate) use self::mixed::each_field;
