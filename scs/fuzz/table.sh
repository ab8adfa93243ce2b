#!/usr/bin/env bash
# Writes what every target has reached into docs/fuzzing.md.
set -euo pipefail
cd "$(dirname "$0")"

document=../../docs/fuzzing.md
{
    sed '/<!-- figures -->/q' "$document"
    echo "| target | executions | seconds | edges | inputs kept | KiB |"
    echo "|---|---:|---:|---:|---:|---:|"
    for result in results/*; do
        target="${result#results/}"
        read -r executions seconds edges <"$result"
        inputs="$(find "corpus/$target" -type f | wc -l)"
        bytes="$(cat "corpus/$target"/* | wc -c)"
        echo "| $target | $executions | $seconds | $edges | $inputs | $(((bytes + 1023) / 1024)) |"
    done | sed --expression ':more' --expression 's/\B[0-9]\{3\}\>/,&/' --expression 'tmore'
    sed -n '/<!-- \/figures -->/,$p' "$document"
} >"$document.new"
mv "$document.new" "$document"
