#!/usr/bin/env bash
# A cluster of three Redis primaries with a replica each: `start DIR [BASE_PORT]` prints its variable, `stop DIR` ends it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start() {
    local directory=$1 base=${2:-17100} nodes=()
    install_packages redis-server redis-tools
    for port in $(seq "$base" $((base + 5))); do
        start_redis "$directory" "$port" redis-server --save '' --appendonly no --protected-mode no \
            --cluster-enabled yes --cluster-config-file nodes.conf --cluster-node-timeout 2000
        nodes+=("$HOST:$port")
    done
    is_whole "$base" || redis-cli --cluster create "${nodes[@]}" --cluster-replicas 1 --cluster-yes >"$directory/create.log"
    for port in $(seq "$base" $((base + 5))); do
        wait_until 30 is_whole "$port"
    done
    echo "SCS_REDIS_CLUSTER_URL=redis+cluster://${nodes[0]},${nodes[1]},${nodes[2]}"
}

is_whole() {
    redis-cli -h "$HOST" -p "$1" cluster info | grep --quiet 'cluster_state:ok' &&
        redis-cli -h "$HOST" -p "$1" cluster slots | grep --count "$HOST" | grep --quiet '^6$'
}

run "$@"
