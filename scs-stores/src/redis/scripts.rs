//! The scripts that make an operation atomic, each one round trip.

use std::sync::LazyLock;

use redis::{Arg, Cmd, ToRedisArgs};

use super::keys::Key;

/// Room for the arguments of an update, and for a typical record in them.
const ARGUMENTS: usize = 12;
const BYTES: usize = 512;

/// A script with the functions that it shares with others in front. `once`: it must not run again after its answer was lost.
macro_rules! script {
    (once: $($file:literal),+) => { script!(@ false, concat!($(include_str!(concat!("lua/", $file, ".lua"))),+)) };
    ($($file:literal),+) => { script!(@ true, concat!($(include_str!(concat!("lua/", $file, ".lua"))),+)) };
    (@ $is_repeatable:literal, $code:expr) => {
        Script { code: $code, hash: LazyLock::new(|| redis::Script::new($code)), is_repeatable: $is_repeatable }
    };
}

pub(super) static CREATE: Script = script!(once: "index", "record", "create");
pub(super) static UPDATE: Script = script!(once: "index", "record", "answers", "update");
pub(super) static REWRITE: Script = script!(once: "answers", "rewrite");
pub(super) static TOUCH: Script = script!("record", "touch");
pub(super) static DELETE: Script = script!(once: "record", "delete");
pub(super) static DELETE_AT: Script = script!(once: "record", "delete_at");
pub(super) static DELETE_UNDER: Script = script!(once: "index", "record", "delete_under");
pub(super) static TERMS: Script = script!("record", "terms");
pub(super) static FORGET: Script = script!("index", "record", "forget");
pub(super) static POST: Script = script!("index", "post");
pub(super) static HOLD: Script = script!("index", "hold");
pub(super) static UNPOST: Script = script!("index", "unpost");
pub(super) static FIND: Script = script!("index", "find");
pub(super) static ADMIT: Script = script!("index", "admit");

/// A script that the server knows by its hash, once it has seen it.
pub(super) struct Script {
    code: &'static str,
    hash: LazyLock<redis::Script>,
    /// Whether it may run again after its answer was lost, whatever others have written since.
    is_repeatable: bool,
}

impl Script {
    /// A call of the script on these keys.
    pub(super) fn on(&'static self, keys: &[Key<'_>]) -> Call {
        let mut by_hash = Cmd::with_capacity(ARGUMENTS + keys.len(), BYTES);
        by_hash.arg("EVALSHA").arg(self.hash.get_hash()).arg(keys.len()).arg(keys);
        Call { script: self, by_hash }
    }
}

/// A script with its keys and arguments.
pub(super) struct Call {
    script: &'static Script,
    by_hash: Cmd,
}

impl Call {
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.by_hash.arg(argument);
        self
    }

    /// The call by hash.
    pub(super) const fn by_hash(&self) -> &Cmd {
        &self.by_hash
    }

    /// Whether it may be sent again after its answer was lost.
    pub(super) const fn is_repeatable(&self) -> bool {
        self.script.is_repeatable
    }

    /// The key by which a cluster finds the node.
    pub(super) fn first_key(&self) -> &[u8] {
        match self.by_hash.args_iter().nth(3) {
            Some(Arg::Simple(key)) => key,
            _ => &[],
        }
    }

    /// The call by code, for a server that does not know the script: it then does. In a cluster this reaches the node of
    /// the keys, which loading the script by itself would not.
    pub(super) fn by_code(&self) -> Cmd {
        let mut by_code = redis::cmd("EVAL");
        by_code.arg(self.script.code);
        for argument in self.by_hash.args_iter().skip(2) {
            if let Arg::Simple(bytes) = argument {
                by_code.arg(bytes);
            }
        }
        by_code
    }
}
