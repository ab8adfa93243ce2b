//! What tests share.

mod around;
#[cfg(unix)]
pub(crate) mod child;
mod client;
mod database_server;
mod folder;
pub(crate) mod leaks;
mod pgbouncer;
mod place;
mod proxy;
mod redis_cluster;
mod redis_server;
mod server;
mod server_clock;
mod sessions;
mod small_disk;
mod sources;
mod stopping_clock;
mod store;
mod visitor;
pub(crate) mod whole_run;

pub(crate) use self::{
    around::{Around, Wrapped},
    client::{Browser, body_text, get, post, token_in},
    database_server::{DatabaseServer, Kind},
    folder::Folder,
    pgbouncer::PgBouncer,
    place::{PATIENCE, Place},
    proxy::{Proxy, Weather},
    redis_cluster::RedisCluster,
    redis_server::{Probe, RedisServer, wait_until},
    server::Server,
    server_clock::ServerClock,
    sessions::{
        DAY, HOUR, MINUTE, SECOND, START, bytes_of, commit, on_manual_clock, record_token, record_value, trace, unique,
    },
    small_disk::SmallDisk,
    sources::{root, sources, without_comments},
    stopping_clock::StoppingClock,
    store::{Fault, TestStore},
    visitor::{Visitor, location, set_cookies},
};
