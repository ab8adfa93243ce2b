#!/usr/bin/env bash
# Shows that a broken promise is noticed: applies each patch of this folder to a copy of the sources and
# runs the one test that the patch names, of the suite `it` (`Test:`), `proofs` (`Proof:`), `security` (`Security:`) or `shuttle` (`Shuttle:`), which
# must fail. `run.sh NAME…` runs only those. Patches of stores need the variables that name their servers (`tests/build.rs`).
set -euo pipefail
cd "$(dirname "$0")/../.."

root="$PWD"
copy="$root/target/sabotage/tree"
log="$root/target/sabotage/last.log"
export CARGO_TARGET_DIR="$root/target/sabotage/build"
export RUST_BACKTRACE=0
rm -rf "$copy"
mkdir -p "$copy"

refresh() {
    git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from - | tar --extract --directory "$copy" --overwrite
}

# `limit=TIME run_suite SUITE ARGUMENT…`, in the copy.
run_suite() {
    cd "$copy"
    case "$1" in
        Test) timeout "$limit" cargo test --quiet --package scs-tests --test it "${@:2}" ;;
        Proof) timeout "$limit" cargo test --quiet --package scs-tests --test proofs "${@:2}" ;;
        Security) timeout "$limit" cargo test --quiet --package scs-tests --test security "${@:2}" ;;
        Shuttle)
            export RUSTFLAGS="--cfg scs_shuttle" CARGO_TARGET_DIR="$root/target/shuttle"
            timeout "$limit" cargo test --quiet --package scs-shuttle-tests "${@:2}"
            ;;
    esac
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
    IFS=: read -r suite test < <(sed -n 's/^\(Test\|Proof\|Security\|Shuttle\): /\1:/p' "$patch")
    (cd "$copy" && patch --quiet --strip 1 <"$patch")
    if ! (limit=1h run_suite "$suite" --no-run) >"$log" 2>&1; then
        echo "DOES NOT COMPILE  $name"
        missed+=("$name")
    elif (limit=100 run_suite "$suite" -- --exact "$test") >"$log" 2>&1; then
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
