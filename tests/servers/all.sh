#!/usr/bin/env bash
# Every server of the suites: `start DIR` prints their variables, `stop DIR` ends them.
#
#     export $(tests/servers/all.sh start /tmp/scs-servers)
#     cargo test --workspace
#     tests/servers/all.sh stop /tmp/scs-servers
set -euo pipefail

SERVERS=(postgres pgbouncer mariadb redis redis-cluster redis-sentinel valkey browsers nginx)

[ $# -eq 2 ] || { echo "usage: $0 start|stop DIR" >&2; exit 2; }
for server in "${SERVERS[@]}"; do
    bash "$(dirname "$0")/$server.sh" "$1" "$2/$server"
done
