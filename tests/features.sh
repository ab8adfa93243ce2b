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
for feature in axum conformance derive json; do
    check --package scs-session --no-default-features --features "$feature"
done
check --package scs-session
check --package scs-derive
check --package scs-stores
for feature in mysql postgres redb redis sqlite tiered; do
    check --package scs-stores --features "$feature"
done
