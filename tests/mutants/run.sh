#!/usr/bin/env bash
# Changes the sources in every small way that cargo-mutants knows and shows that a test fails each time:
# `bash tests/mutants/run.sh core 'scs/src/record/*.rs'`, with the tests of tests/mutants/core.rs. Goes on where it stopped.
# Needs cargo-mutants. docs/mutants.md says what survives and why.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests="$1"
shift
files=()
for file in "$@"; do files+=(--file "$file"); done

# What takes seconds and finds nothing here that the rest does not.
slow=(a_hundred_thousand_headers no_bit_of_a_cookie every_key_that_is_generated ten_thousand_alternating any_bytes_are_a_session two_tabs_with_a_hundred)
skipped=()
for test in "${slow[@]}"; do skipped+=(--skip "$test"); done

output="${CARGO_TARGET_DIR:-$PWD/target}/mutants/$tests"
mkdir -p "$output"
# cargo-mutants would try the unchanged sources with the tests of scs itself.
nice cargo test --quiet --package scs-mutants --test "$tests" -- "${skipped[@]}"
# Mutants are built elsewhere: one that was interrupted must not be taken for the sources.
export CARGO_TARGET_DIR="$output/../build"
nice cargo mutants --baseline skip --iterate --no-shuffle --timeout 60 --output "$output" --package scs-session \
    "${files[@]}" --test-package scs-mutants --cargo-arg=--test="$tests" -- -- "${skipped[@]}"
