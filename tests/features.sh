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

# A release has the cookie for development only with its feature.
offers_insecure_dev() {
    local library
    library="$(cargo check --quiet --release --package scs-session --no-default-features --features "$1" --message-format json |
        grep --only-matching '[^"]*/libscs-[^"]*\.rmeta')"
    echo 'pub fn cookie() -> scs::CookieTransport { scs::CookieTransport::insecure_dev() }' |
        rustc - --crate-name probe --edition 2024 --crate-type lib --emit metadata --out-dir "$CARGO_TARGET_DIR" \
            --extern scs="$library" -L dependency="$(dirname "$library")"
}

echo "checking a release without insecure-dev"
offers_insecure_dev axum,insecure-dev
if refusal="$(offers_insecure_dev axum 2>&1)"; then
    echo "a release offers CookieTransport::insecure_dev without the feature"
    exit 1
fi
grep --quiet 'E0599.*insecure_dev' <<<"$refusal" || { echo "$refusal"; exit 1; }
