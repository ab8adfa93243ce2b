#!/usr/bin/env bash
# Fuzzes one target until it has had so many executions in all: `bash scs/fuzz/run.sh token 10000000`. Goes on where it
# stopped; scs/fuzz/results/ says how far each target has come, and scs/fuzz/corpus/ keeps what was found worth it.
set -euo pipefail
cd "$(dirname "$0")"

target="$1"
wanted="${2:-10000000}"
batch=1000000

build="${CARGO_TARGET_DIR:-target}"
corpus="$build/corpus/$target"
findings="$build/findings/$target-"
results="results/$target"
log="$build/$target.log"
mkdir -p "$corpus" "$build/findings" "corpus/$target" results

# What cargo-fuzz passes, without a sanitizer: there is no unsafe code here to watch. No flag needs a nightly compiler.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
 -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="${RUSTFLAGS//$'\n'/}"
cargo build --quiet --release --target x86_64-unknown-linux-gnu --bin "$target"
fuzzer="$build/x86_64-unknown-linux-gnu/release/$target"
limits=(-timeout=1 -rss_limit_mb=2048)

# The clock goes on while a busy machine lets the fuzzer wait. An input that is fast by itself stalled nothing; its batch is
# not counted.
was_kept_waiting() {
    local input
    input="$(sed --quiet 's/.*Test unit written to \(.*-timeout-.*\)/\1/p' "$log")"
    [ -n "$input" ] && "$fuzzer" "${limits[@]}" "$input" >>"$log" 2>&1 && rm "$input"
}

[ -f "$results" ] && read -r executions seconds _ <"$results" || { executions=0; seconds=0; }
while [ "$executions" -lt "$wanted" ]; do
    left=$((wanted - executions))
    runs=$((left < batch ? left : batch))
    started="$(date +%s)"
    if ! nice "$fuzzer" "${limits[@]}" -runs="$runs" -artifact_prefix="$findings" "$corpus" "corpus/$target" >"$log" 2>&1; then
        was_kept_waiting && continue
        grep --text --after-context 3 -E 'panicked|ERROR|SUMMARY|Test unit' "$log" | head -20
        exit 1
    fi
    executions=$((executions + runs))
    seconds=$((seconds + $(date +%s) - started))
    edges="$(grep --text --only-matching 'cov: [0-9]*' "$log" | tail -1 | cut -d ' ' -f 2)"
    echo "$executions $seconds $edges" >"$results"
    echo "$target: $executions executions, $seconds s, $edges edges"
done

# The fewest inputs that reach all that was reached. They replace what was kept before.
kept="$(mktemp --directory)"
"$fuzzer" -merge=1 -use_counters=0 "$kept" "corpus/$target" "$corpus" >"$log" 2>&1
rm -rf "corpus/$target"
mv "$kept" "corpus/$target"
chmod 755 "corpus/$target"
echo "$target: $(find "corpus/$target" -type f | wc -l) inputs kept"
bash table.sh
