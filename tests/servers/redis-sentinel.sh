#!/usr/bin/env bash
# A Redis primary with a replica, watched over by three sentinels: `start DIR [BASE_PORT]` prints its variable, `stop DIR`
# ends it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

SERVICE=sessions

start() {
    local directory=$1 base=${2:-18000}
    install_packages redis-server redis-tools redis-sentinel
    start_redis "$directory" "$base" redis-server --save '' --appendonly no
    start_redis "$directory" $((base + 1)) redis-server --save '' --appendonly no --replicaof "$HOST $base"
    wait_until 30 has_replica "$base"
    for port in $(seq $((base + 2)) $((base + 4))); do
        start_sentinel "$directory" "$port" "$base"
    done
    for port in $(seq $((base + 2)) $((base + 4))); do
        wait_until 30 knows_all "$port"
    done
    echo "SCS_REDIS_SENTINEL_URL=redis+sentinel://$HOST:$((base + 2)),$HOST:$((base + 3)),$HOST:$((base + 4))/$SERVICE"
}

start_sentinel() {
    local directory=$1 port=$2 primary=$3 configuration="$1/$2/sentinel.conf"
    mkdir -p "$directory/$port"
    is_up "$port" || cat >"$configuration" <<CONFIGURATION
sentinel monitor $SERVICE $HOST $primary 2
sentinel down-after-milliseconds $SERVICE 1000
sentinel failover-timeout $SERVICE 3000
CONFIGURATION
    start_redis "$directory" "$port" redis-sentinel "$configuration"
}

has_replica() {
    redis-cli -h "$HOST" -p "$1" info replication | grep --quiet 'state=online'
}

knows_all() {
    local seen
    seen=$(redis-cli -h "$HOST" -p "$1" sentinel master "$SERVICE")
    grep --after-context 1 '^num-slaves$' <<<"$seen" | grep --quiet '^1$' &&
        grep --after-context 1 '^num-other-sentinels$' <<<"$seen" | grep --quiet '^2$'
}

run "$@"
