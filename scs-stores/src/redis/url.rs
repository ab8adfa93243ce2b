//! The URLs of a Redis store.

use std::borrow::Cow;

use redis::{
    Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisError, TlsMode, cluster::ClusterClientBuilder,
    io::tcp::TcpSettings, sentinel::SentinelNodeConnectionInfo,
};
use scs::store::StoreError;

use super::{
    connection::{Connector, Sentinels, Timeouts},
    error::{bad_url, explain},
};

const SENTINEL_PORT: u16 = 26379;

/// What a URL says.
pub(super) struct Parsed {
    pub(super) connector: Connector,
    pub(super) allows_eviction: bool,
    pub(super) prefix: Option<String>,
}

impl Parsed {
    /// What a client says that the application has made itself.
    pub(super) const fn of(connector: Connector) -> Self {
        Self { connector, allows_eviction: false, prefix: None }
    }
}

/// A URL in its parts: `{scheme}{+kind}://{login@}{hosts}/{path}?{options}#{fragment}`.
struct Parts<'a> {
    scheme: &'a str,
    kind: &'a str,
    login: &'a str,
    hosts: &'a str,
    path: &'a str,
    options: Options<'a>,
    fragment: &'a str,
}

/// Options of ours, and those that the driver reads.
#[derive(Default)]
struct Options<'a> {
    allows_eviction: bool,
    prefix: Option<Cow<'a, str>>,
    sentinel_login: &'a str,
    driver: Vec<&'a str>,
}

/// # Errors
///
/// The text is no URL of a Redis store, or says what this build cannot do.
pub(super) fn parse(url: &str, timeouts: Timeouts) -> Result<Parsed, StoreError> {
    let parts = Parts::split(url)?;
    let connector = match parts.kind {
        "" | "unix" => parts.server()?,
        "cluster" => parts.cluster(timeouts)?,
        "sentinel" => parts.sentinel()?,
        _ => return Err(bad_url("behind the `+` stands `unix`, `cluster` or `sentinel`")),
    };
    let Options { allows_eviction, prefix, .. } = parts.options;
    Ok(Parsed { connector, allows_eviction, prefix: prefix.map(Cow::into_owned) })
}

impl<'a> Parts<'a> {
    fn split(url: &'a str) -> Result<Self, StoreError> {
        let (schemes, rest) = url.split_once("://").ok_or_else(|| bad_url("it has no `://`"))?;
        let (scheme, kind) = schemes.split_once('+').unwrap_or((schemes, ""));
        if !matches!(scheme, "redis" | "rediss" | "valkey" | "valkeys") {
            return Err(bad_url("it begins with `redis`, `rediss`, `valkey` or `valkeys`"));
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let options = Options::read(options)?;
        Ok(Self { scheme, kind, login, hosts, path, options, fragment })
    }

    /// One server behind one of the hosts, as the driver reads it.
    fn node(&self, login: &str, host: &str, path: &str) -> Result<ConnectionInfo, StoreError> {
        let at = if login.is_empty() { "" } else { "@" };
        let scheme = if self.kind == "unix" { "redis+unix" } else { self.scheme };
        let fragment = if self.fragment.is_empty() { String::new() } else { format!("#{}", self.fragment) };
        let options = self.options.driver.join("&");
        let url = format!("{scheme}://{login}{at}{host}/{path}?{options}{fragment}");
        let info = url.into_connection_info().map_err(refused)?;
        Ok(info.set_tcp_settings(tcp_settings()))
    }

    fn nodes(&self, login: &str, default_port: u16) -> Result<Vec<ConnectionInfo>, StoreError> {
        self.hosts.split(',').map(|host| self.node(login, &with_port(host, default_port), "")).collect()
    }

    fn server(&self) -> Result<Connector, StoreError> {
        let info = self.node(self.login, self.hosts, self.path)?;
        Client::open(info).map(Connector::Server).map_err(refused)
    }

    fn cluster(&self, timeouts: Timeouts) -> Result<Connector, StoreError> {
        if !matches!(self.path, "" | "0") {
            return Err(bad_url("a cluster has only the database 0"));
        }
        let cluster = ClusterClientBuilder::new(self.nodes(self.login, 6379)?)
            .tcp_settings(tcp_settings())
            .connection_timeout(timeouts.connect)
            .response_timeout(timeouts.response);
        // Under the older protocol the driver does not notice that a node has closed a connection.
        let names_protocol = self.options.driver.iter().any(|option| option.starts_with("protocol="));
        let cluster = if names_protocol { cluster } else { cluster.use_protocol(ProtocolVersion::RESP3) };
        Connector::cluster(cluster).map_err(refused)
    }

    fn sentinel(&self) -> Result<Connector, StoreError> {
        let (service, database) = self.path.split_once('/').unwrap_or((self.path, ""));
        if service.is_empty() {
            return Err(bad_url("behind the sentinels stands the name of what they watch: `/SERVICE`"));
        }
        let addresses = self.nodes(self.options.sentinel_login, SENTINEL_PORT)?;
        let settings = self.node(self.login, "primary", database)?.redis_settings().clone();
        let node = SentinelNodeConnectionInfo::default();
        let node = node.set_redis_connection_info(settings).set_tcp_settings(tcp_settings());
        let node = match (self.scheme, self.fragment) {
            ("rediss" | "valkeys", "insecure") => node.set_tls_mode(TlsMode::Insecure),
            ("rediss" | "valkeys", _) => node.set_tls_mode(TlsMode::Secure),
            _ => node,
        };
        Ok(Connector::Sentinel(Sentinels { addresses, service: service.to_owned(), node }))
    }
}

impl<'a> Options<'a> {
    fn read(text: &'a str) -> Result<Self, StoreError> {
        let mut options = Self::default();
        for option in text.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=').unwrap_or((option, "")) {
                ("eviction", "allow") => options.allows_eviction = true,
                ("prefix", prefix) => options.prefix = Some(decoded(prefix)?),
                ("sentinel_login", login) => options.sentinel_login = login,
                ("protocol" | "db" | "user" | "pass", _) => options.driver.push(option),
                _ => {
                    return Err(bad_url("its options are `eviction=allow`, `prefix`, `protocol` and `sentinel_login`"));
                }
            }
        }
        Ok(options)
    }
}

/// An option as its writer meant it.
fn decoded(option: &str) -> Result<Cow<'_, str>, StoreError> {
    percent_encoding::percent_decode_str(option).decode_utf8().map_err(|_| bad_url("an option of it is no UTF-8"))
}

/// What is wrong with a URL. What the driver says is kept back: it may quote the password.
#[expect(clippy::needless_pass_by_value, reason = "it stands where results of the driver are mapped")]
pub(super) fn refused(error: RedisError) -> StoreError {
    let (kind, message) = explain(&error);
    StoreError::new(kind, message)
}

fn tcp_settings() -> TcpSettings {
    // Calls are small, and a call that waits for the next one to fill a packet waits for 40 ms.
    TcpSettings::default().set_nodelay(true)
}

fn with_port(host: &str, default: u16) -> String {
    let behind_address = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    if behind_address.contains(':') { host.to_owned() } else { format!("{host}:{default}") }
}
