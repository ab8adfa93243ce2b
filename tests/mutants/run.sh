#!/usr/bin/env bash
# Changes the sources in every small way that cargo-mutants knows and shows that a test fails each time:
# `bash tests/mutants/run.sh scs/src/token.rs 'scs/src/record/*.rs'`. Goes on where it stopped. Needs cargo-mutants.
# docs/mutants.md says what survives and why.
set -euo pipefail
cd "$(dirname "$0")/../.."

files=()
for file in "${@:-scs/src/**}"; do files+=(--file "$file"); done

# What takes seconds and finds nothing here that the rest does not.
slow=(ten_thousand_alternating any_bytes_are_a_session two_tabs_with_a_hundred)
skipped=()
for test in "${slow[@]}"; do skipped+=(--skip "$test"); done

nice cargo mutants --iterate --no-shuffle --timeout 60 --output target/mutants --package scs-session "${files[@]}" \
    --test-package scs-mutants -- --test core -- "${skipped[@]}"
