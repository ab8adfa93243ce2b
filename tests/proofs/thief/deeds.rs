//! What an owner and a thief may do.

use std::time::Duration;

use fastrand::Rng;

use super::world::Actor;

/// One step of a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// A request that is answered before anything else happens.
    Does(Request),
    /// One that has read the session, and is slow.
    Begins(Request),
    /// One of the slow requests ends.
    Ends(usize),
    /// The thief copies a token.
    Steal,
    RevokeAll,
    Pass(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Reads.
    Visit,
    /// Leaves a mark.
    Mark,
    /// Leaves a notice, and a mark.
    Notice,
    Claim,
    SignIn,
    /// Takes along what the account has elsewhere.
    SignInWith,
    SignOut,
    Renew,
    Remember,
    Clear,
    LogOut,
    Shorten,
}

impl Request {
    /// Whether the token changes without grace, so that its response must arrive.
    pub(super) const fn changes_token(self) -> bool {
        matches!(self, Self::SignIn | Self::SignInWith | Self::SignOut | Self::Renew | Self::Clear | Self::LogOut)
    }

    /// Whether it writes when the session ends.
    pub(super) const fn moves_deadline(self) -> bool {
        matches!(self, Self::SignIn | Self::SignInWith | Self::SignOut | Self::Clear | Self::Shorten)
    }

    fn any(chance: &mut Rng) -> Self {
        match chance.u8(..24) {
            0..7 => Self::Visit,
            7..12 => Self::Mark,
            12..14 => Self::Notice,
            14..16 => Self::Claim,
            16..18 => Self::SignIn,
            18 => Self::SignInWith,
            19 => Self::SignOut,
            20 => Self::Renew,
            21 => Self::Remember,
            22 => Self::Clear,
            _ => *chance.choice(&[Self::LogOut, Self::Shorten]).unwrap(),
        }
    }
}

impl Deed {
    pub(super) fn any(chance: &mut Rng, who: Actor) -> Self {
        match chance.u8(..20) {
            0..9 => Self::Does(Request::any(chance)),
            9..12 => Self::Begins(Request::any(chance)),
            12..15 => Self::Ends(chance.usize(..4)),
            15 if chance.u8(..4) == 0 => Self::RevokeAll,
            15..17 if who == Actor::Thief => Self::Steal,
            _ => Self::Pass(pause(chance)),
        }
    }
}

/// Around the times at which something is due.
fn pause(chance: &mut Rng) -> Duration {
    Duration::from_millis(*chance.choice(&[1, 1_000, 9_999, 10_000, 10_001, 30_000, 60_000, 60_001, 130_000]).unwrap())
}
