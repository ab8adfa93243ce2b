# Every recipe is a plain command; copy it if you have no `just`.

# What a change must pass.
ci:
    bash .ci/run

# Everything that needs no server.
test:
    cargo test --workspace

# The counter, then `curl --cookie-jar jar --cookie jar http://localhost:3000`.
counter:
    cargo run --example counter

# A button for everything a session can do, at http://localhost:3000.
playground:
    cargo run --example playground

format:
    cargo fmt --all

lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Each feature of the published crates by itself.
features:
    bash tests/features.sh

# Which crates may stand beside a store in one build: the table of docs/stores.md. Needs the registry.
resolves:
    bash tests/resolves.sh

# Compile errors, word for word.
ui:
    cargo test --package scs-ui-tests

# What other session libraries do: the table of the README.
behaviour:
    cargo run --manifest-path benches/Cargo.toml --bin behaviour

# What a session costs in process, beside other libraries: the first table of docs/performance.md. Takes minutes.
bench *arguments="--write":
    cargo build --release --manifest-path benches/Cargo.toml --features peers --bin memory --bin allocations
    cargo run --release --manifest-path benches/Cargo.toml --features peers --bin memory -- {{arguments}}

# The same over loopback: the second table. Needs wrk. Takes minutes.
bench-socket *arguments="--write":
    cargo run --release --manifest-path benches/Cargo.toml --features peers --bin socket -- {{arguments}}

# What a request executes: instructions, atomics, allocations, clocks; fails if a case takes more than its limit. Needs valgrind and binutils.
budgets *arguments:
    cargo run --release --manifest-path benches/Cargo.toml --bin budgets -- {{arguments}}

# Where a case spends its instructions and atomics: `just budget c`, or `just budget c --subjects floor`.
budget case *arguments:
    cargo run --release --manifest-path benches/Cargo.toml --bin budgets -- --components --cases {{case}} {{arguments}}

# Shows that each promise's test fails when the promise is broken. Takes minutes.
sabotage:
    bash tests/sabotage/run.sh

# Purges a million expired records from each SQL store under load, on servers of its own. Takes minutes.
purge:
    cargo test --package scs-tests --test it stores::purging::a_million -- --ignored --nocapture --test-threads 1

# Advisories, licences, sources and duplicates. Needs cargo-deny and the advisory database.
deny:
    cargo deny check

package:
    cargo package --workspace --exclude scs-examples --exclude scs-examples-extra --exclude scs-example-websocket --exclude scs-tests --exclude scs-shuttle-tests --exclude scs-ui-tests

# Tries each proof as often as docs/proofs.md is to say, from where it stopped; `just prove lost_updates` one of them. Takes hours.
prove proof="":
    SCS_PROVE=1 cargo test --release --package scs-tests --test proofs {{proof}} -- --nocapture --test-threads 1

# What finding one account's sessions takes among a thousand and among a million. Takes minutes.
find:
    cargo test --release --package scs-tests --test proofs finding:: -- --ignored --nocapture --test-threads 1

# Half an hour of a busy server on memory, PostgreSQL and Redis; docs/soak.md keeps what it took.
soak:
    cargo test --release --package scs-tests --test proofs soak::half -- --ignored --nocapture --test-threads 1

# Every schedule of requests, also those with slow answers. Takes minutes.
schedules:
    cargo test --package scs-tests --test proofs schedules -- --include-ignored --nocapture

# The locks of the store in memory, in a hundred times as many orders as CI tries.
shuttle:
    SCS_SHUTTLE=100000 RUSTFLAGS="--cfg scs_shuttle" CARGO_TARGET_DIR=target/shuttle cargo test --package scs-shuttle-tests

# What each store costs above its database's client, into docs/performance.md. Wants a machine that does nothing else; takes minutes.
bench-stores *arguments:
    cargo run --release --manifest-path benches/Cargo.toml --features stores --bin stores -- --write {{arguments}}

# Thousands and millions of sessions, into docs/performance.md. Wants 4 GiB of memory and a machine that does nothing else; takes minutes.
bench-scale *arguments:
    cargo run --release --manifest-path benches/Cargo.toml --features stores --bin scale -- --write {{arguments}}

# Gives any bytes to a reader of what comes from outside, from where it stopped; docs/fuzzing.md has the targets. Takes minutes.
fuzz target executions="10000000":
    bash scs/fuzz/run.sh {{target}} {{executions}}

# Whether time tells a secret, into docs/timing.md. Takes minutes.
timing *arguments="--write":
    cargo run --release --manifest-path benches/Cargo.toml --features timing --bin timing -- {{arguments}}

# Changes the sources in every small way and shows that a test fails: `just mutants wire scs/src/token/mod.rs`. Needs cargo-mutants. Takes hours.
mutants tests="core" *files="scs/src/**":
    bash tests/mutants/run.sh {{tests}} {{files}}
