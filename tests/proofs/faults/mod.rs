//! Traffic while something is wrong with the server, and a book of what is due all the same.
//!
//! * A session lives until something ends it that has begun: a logout, a revocation, its server's eviction. What has ended opens
//!   with no token that there ever was.
//! * An addition that was acknowledged counts once; one that failed counts once or not at all.
//! * Who has signed in is found by the account, and signed out by `revoke_all`, from the moment that the sign-in is
//!   acknowledged. What has ended is not found.
//! * No seat has more sessions than it may.
//!
//! Calls may fail unless the fault is one that should not be noticed. Two handles, as two processes have them, take the calls
//! in turns.

mod book;
mod players;
mod traffic;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use scs::{Clock, SystemClock, store::AnyStore};

use self::{book::Book, players::*, traffic::Traffic};
use crate::{
    ledger::Proof,
    support::{Kind, Place},
};

/// Operations of one round, after which the fault is over for once and everything is looked at.
const OPERATIONS: usize = 500;

/// Rounds of a proof: 10,000 operations.
const ROUNDS: u64 = 20;

/// How long the server may take to come to itself after a fault.
const RECOVERY: Duration = Duration::from_secs(20);

/// Something that is wrong with a server, again and again.
trait Fault: Send {
    /// Whether calls may fail while it is played.
    const FAILS: bool = true;
    /// Whether the server may drop sessions, and so refuses to find or to limit them.
    const EVICTS: bool = false;
    /// Whether a session ends whose place was given away while it was written: in a cluster these are two calls.
    fn loses_places(&self) -> bool {
        false
    }

    /// A handle as a process has it.
    fn store(&self) -> impl Future<Output = AnyStore> + Send;

    /// The clock of the process.
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// Plays it once, and leaves the server as it was.
    fn strike(&mut self, chance: &mut Rng) -> impl Future<Output = ()> + Send;
}

async fn prove<F: Fault>(name: &'static str, store: &'static str, mut fault: F) {
    let stores = [fault.store().await, fault.store().await];
    let fault = tokio::sync::Mutex::new(&mut fault);
    let proof = Proof { name, store, rounds: ROUNDS };
    proof
        .prove(async |rounds: Range<u64>| {
            let mut fault = fault.lock().await;
            for round in rounds {
                Box::pin(round_of(&mut **fault, &stores, round)).await;
            }
        })
        .await;
}

async fn round_of<F: Fault>(fault: &mut F, stores: &[AnyStore; 2], round: u64) {
    let mut chance = Rng::with_seed(round);
    let book = Arc::new(Book::of(fault));
    let traffic = Traffic::new(stores, &fault.clock(), book.clone(), round);
    let is_over = Arc::new(AtomicBool::new(false));
    let visits = tokio::spawn({
        let (traffic, is_over) = (traffic.clone(), is_over.clone());
        async move {
            traffic.run(OPERATIONS).await;
            is_over.store(true, Ordering::Relaxed);
        }
    });
    let mut strikes = 0;
    while !is_over.load(Ordering::Relaxed) && !visits.is_finished() {
        fault.strike(&mut chance).await;
        strikes += 1;
        tokio::time::sleep(Duration::from_millis(chance.u64(1..50))).await;
    }
    visits.await.unwrap();
    tokio::time::timeout(RECOVERY, traffic.wait_until_calm()).await.expect("it works again");
    traffic.check().await;
    println!("  round {round}: {strikes} times, {} of {OPERATIONS} calls failed", book.pages().failures);
}

/// Proves that a fault does no harm, on each of these.
macro_rules! faults {
    ($fault:ident, $($(#[$attribute:meta])* $test:ident $store:literal, $player:expr;)+) => {
        mod $fault {
            use super::*;

            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $test() {
                    prove(stringify!($fault), $store, $player).await;
                }
            )+
        }
    };
}

faults!(faults_locks,
    on_sqlite "SQLite", FileLock::on(Place::file("sqlite")).await;
    on_tiered "Tiered", FileLock::on(Place::file("tiered")).await;
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    on_postgres "PostgreSQL", PostgresLock::on(Place::database("SCS_POSTGRES_URL").await);
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    on_mariadb "MariaDB", MariaDbLock::on(Place::database("SCS_MYSQL_URL").await);
    #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
    on_redis "Redis", Paused::server();
    #[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
    on_redis_cluster "Redis Cluster", Paused::cluster();
);

faults!(faults_moving_slots,
    #[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
    on_redis_cluster "Redis Cluster", Resharder::start();
);

faults!(faults_slow_replica,
    #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
    on_redis "Redis", SlowReplica::start();
);

faults!(faults_read_only,
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    on_postgres "PostgreSQL", ReadOnly::postgres().await;
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    on_mariadb "MariaDB", ReadOnly::mariadb().await;
    #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
    on_redis "Redis", ReadOnlyRedis::start();
);

faults!(faults_eviction,
    #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
    on_redis "Redis", Evicting::start();
);

faults!(faults_maintenance,
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    on_postgres "PostgreSQL", Maintenance::on(Place::database("SCS_POSTGRES_URL").await);
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    on_mariadb "MariaDB", Maintenance::on(Place::database("SCS_MYSQL_URL").await);
);

faults!(faults_clock_jumps,
    #[cfg_attr(not(all(postgres, faketime)), ignore = "set SCS_POSTGRES_URL and install libfaketime")]
    on_postgres "PostgreSQL", ServerJumps::database(Kind::Postgres).await;
    #[cfg_attr(not(all(mysql, faketime)), ignore = "set SCS_MYSQL_URL and install libfaketime")]
    on_mariadb "MariaDB", ServerJumps::database(Kind::MariaDb).await;
    // Redis is linked with an allocator that does not go with libfaketime.
    #[cfg_attr(not(all(valkey, faketime)), ignore = "set SCS_VALKEY_URL and install libfaketime")]
    on_valkey "Valkey", ServerJumps::valkey();
    on_memory "memory", Jumps::on(Place::memory()).await;
    on_sqlite "SQLite", Jumps::on(Place::file("sqlite")).await;
    on_redb "redb", Jumps::on(Place::file("redb")).await;
    on_tiered "Tiered", Jumps::on(Place::file("tiered")).await;
);
