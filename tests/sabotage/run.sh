#!/usr/bin/env bash
# Shows that a broken promise is noticed: applies each patch of this folder to a copy of the sources and
# runs the one test or proof that the patch names, which must fail. `run.sh NAME…` runs only those. Patches of stores need the
# variables that name their servers (`tests/build.rs`).
set -euo pipefail
cd "$(dirname "$0")/../.."

root="$PWD"
copy="$root/target/sabotage/tree"
export CARGO_TARGET_DIR="$root/target/sabotage/build"
export RUST_BACKTRACE=0
rm -rf "$copy"
mkdir -p "$copy"

refresh() {
    git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from - | tar --extract --directory "$copy" --overwrite
}

run_test() {
    (cd "$copy" && timeout 100 cargo test --quiet --package scs-tests --test "$1" -- --exact "$2") >"$root/target/sabotage/last.log" 2>&1
}

caught=0
missed=()
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    mapfile -t names < <(cd tests/sabotage && ls ./*.patch | sed 's|^\./||; s|\.patch$||')
fi

refresh
for name in "${names[@]}"; do
    patch="$root/tests/sabotage/$name.patch"
    test="$(sed -n 's/^Test: //p' "$patch")"
    suite=it
    [ -n "$test" ] || { suite=proofs; test="$(sed -n 's/^Proof: //p' "$patch")"; }
    (cd "$copy" && patch --quiet --strip 1 <"$patch")
    if ! (cd "$copy" && cargo build --quiet --package scs-tests --test "$suite") 2>"$root/target/sabotage/last.log"; then
        echo "DOES NOT COMPILE  $name"
        missed+=("$name")
    elif run_test "$suite" "$test"; then
        echo "NOT NOTICED       $name by $test"
        missed+=("$name")
    else
        echo "caught            $name by $test"
        caught=$((caught + 1))
    fi
    (cd "$copy" && patch --quiet --reverse --strip 1 <"$patch")
done

echo "$caught of ${#names[@]} sabotages caught"
[ ${#missed[@]} -eq 0 ]
