#!/usr/bin/env bash
# A Redis server: `start DIR [PORT]` prints its variable, `stop DIR` ends it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start() {
    local directory=$1 port=${2:-16379}
    install_packages redis-server redis-tools
    start_redis "$directory" "$port" redis-server --save '' --appendonly no
    echo "SCS_REDIS_URL=redis://$HOST:$port"
}

run "$@"
