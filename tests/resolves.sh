#!/usr/bin/env bash
# Which crates an application may have beside a store: cargo resolves each of them together with scs-stores, and what it takes is
# compared with the table "Beside other crates" of docs/stores.md. Nothing is compiled.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch="$(mktemp --directory)"
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
touch "$scratch/src/lib.rs"

# `versions DRIVER`: those in the lock file, such as `sqlx 0.8 and 0.9`.
versions() {
    sed --quiet "/^name = \"$1\"$/{n;s/^version = \"\(0\.[0-9]*\|[1-9][0-9]*\)\..*/\1/p}" "$scratch/Cargo.lock" |
        sort --version-sort | paste --serial --delimiters , | sed "s/,/ and /g; s/^/$1 /"
}

# `beside FEATURE DRIVER CRATE VERSION [FEATURES [only]]`: a row of the table. `only` is without default features. The version is exact, so
# that a row changes with this project and not with the registry.
beside() {
    local feature="$1" driver="$2" crate="$3" version="$4" features="${5:-}" only="${6:-}" found
    cat >"$scratch/Cargo.toml" <<MANIFEST
[workspace]
resolver = "3"

[package]
name = "application"
version = "0.0.0"
edition = "2024"
rust-version = "1.95"

[dependencies]
scs-stores = { path = "$PWD/scs-stores", features = ["$feature"] }
beside = { package = "$crate", version = "=$version", features = [${features:+\"$features\"}]${only:+, default-features = false} }
MANIFEST
    rm -f "$scratch/Cargo.lock"
    if cargo generate-lockfile --quiet --manifest-path "$scratch/Cargo.toml" 2>"$scratch/refusal"; then
        found="$(versions "$driver")"
    elif grep --quiet 'links to the native library' "$scratch/refusal"; then
        found="none"
    else
        cat "$scratch/refusal" >&2
        return 1
    fi
    echo "| \`$feature\` | $crate ${version%.*}${features:+, \`$features\`}${only:+ without default features} | $found |"
}

rows() {
    for version in 0.32.1 0.33.0 0.37.0 0.38.0 0.39.0 0.40.2 0.41.1 0.43.0; do beside sqlite rusqlite rusqlite "$version"; done
    beside sqlite rusqlite sqlx 0.8.6 sqlite
    beside sqlite rusqlite sqlx 0.8.6 postgres
    beside sqlite rusqlite sqlx 0.8.6 postgres only
    beside sqlite rusqlite sqlx 0.9.0 sqlite
    beside sqlite rusqlite sqlx 0.9.0 postgres
    beside sqlite rusqlite sea-orm 1.1.20 sqlx-sqlite
    beside sqlite rusqlite sea-orm 1.1.20 sqlx-postgres
    beside sqlite rusqlite sea-orm 2.0.4 sqlx-sqlite
    beside sqlite rusqlite sea-orm 2.0.4 sqlx-postgres
    beside sqlite rusqlite diesel 2.3.14 sqlite
    for store in postgres mysql; do
        for version in 0.8.6 0.9.0; do beside "$store" sqlx sqlx "$version" "$store"; done
        for version in 1.1.20 2.0.4; do beside "$store" sqlx sea-orm "$version" "sqlx-$store"; done
        beside "$store" sqlx diesel 2.3.14 "$store"
    done
    for version in 0.27.6 0.32.7 1.8.1; do beside redis redis redis "$version"; done
    beside redis redis deadpool-redis 0.23.1
    beside redis redis fred 10.1.0
}

found="$(rows)"
echo "$found"
documented="$(sed --quiet '/^## Beside other crates/,/^## /{/^| `/p}' docs/stores.md | cut --delimiter '|' --fields 1-4 | sed 's/$/|/')"
diff <(echo "$documented") <(echo "$found") || { echo "docs/stores.md says otherwise"; exit 1; }
