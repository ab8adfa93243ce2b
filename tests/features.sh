#!/usr/bin/env bash
# Checks each feature of the published crates by itself, and none: features are additive.
set -euo pipefail
cd "$(dirname "$0")/.."

export RUSTFLAGS="-D warnings"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/features"

check() {
    echo "checking $*"
    cargo check --quiet "$@"
}

check --package scs-session --no-default-features
for feature in axum conformance csrf derive insecure-dev json metrics sealed testing; do
    check --package scs-session --no-default-features --features "$feature"
done
check --package scs-session
check --package scs-derive
check --package scs-stores
# Each store, and that it brings in its own driver and no other's.
declare -A drivers=([mysql]=sqlx-mysql [postgres]=sqlx-postgres [redb]=redb [redis]=redis [sqlite]=rusqlite [tiered]=moka)
for feature in "${!drivers[@]}"; do
    check --package scs-stores --features "$feature"
    tree="$(cargo tree --package scs-stores --features "$feature" --edges normal --prefix none)"
    for other in "${!drivers[@]}"; do
        driver="${drivers[$other]}"
        if [ "$other" = "$feature" ]; then
            grep --quiet "^$driver v" <<<"$tree" || { echo "$feature does not bring in $driver"; exit 1; }
        elif grep --quiet "^$driver v" <<<"$tree"; then
            echo "$feature brings in $driver"
            exit 1
        fi
    done
done
