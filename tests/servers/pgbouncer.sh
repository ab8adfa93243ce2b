#!/usr/bin/env bash
# PgBouncer, which the tests start themselves: `start DIR` prints where it is, `stop DIR` has nothing to end.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start() {
    install_packages pgbouncer
    # Where an ordinary user's path does not lead.
    echo "SCS_PGBOUNCER=$(PATH="$PATH:/usr/sbin" command -v pgbouncer)"
}

run "$@"
