//! Hosts: how far away one is, as far as its name tells.

use std::net::IpAddr;

/// How far a host is reached from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// From this machine alone. Browsers trust it as they trust https (Secure Contexts §3.1).
    Machine,
    /// From the private network that the machine is in.
    Network,
    /// From anywhere.
    World,
}

impl Reach {
    /// The reach of a host as it stands in a URL, without port.
    pub(crate) fn of(host: &str) -> Self {
        let name = host.strip_suffix('.').unwrap_or(host);
        let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        match literal.parse::<IpAddr>() {
            Ok(address) => Self::of_address(address.to_canonical()),
            Err(_) if is_localhost(name) => Self::Machine,
            Err(_) => Self::World,
        }
    }

    fn of_address(address: IpAddr) -> Self {
        let is_private = match address {
            IpAddr::V4(address) => address.is_private() || address.is_link_local(),
            IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
        };
        match address.is_loopback() {
            true => Self::Machine,
            false if is_private => Self::Network,
            false => Self::World,
        }
    }
}

/// `localhost` and every name below it (RFC 6761 §6.3).
fn is_localhost(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|top| top.eq_ignore_ascii_case("localhost"))
}
