#!/usr/bin/env bash
# A PostgreSQL server: `start DIR [PORT]` prints its variable, `stop DIR` ends it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start() {
    local directory=$1 port=${2:-15432}
    install_packages postgresql
    local programs data="$1/data"
    programs="$(ls -d /usr/lib/postgresql/*/bin | sort --version-sort | tail -1)"
    if [ ! -e "$data" ]; then
        mkdir -p "$directory"
        chown postgres "$directory"
        (as postgres "$programs/initdb" --auth=trust --username=postgres --no-sync --pgdata "$data" >"$directory/initdb.log")
    fi
    is_up() { "$programs/pg_isready" --quiet --host "$HOST" --port "$1"; }
    # A test of a store is no test of a disk.
    start_server "$directory" "$port" as postgres "$programs/postgres" -D "$data" -h "$HOST" -p "$port" -k "$directory" -c fsync=off
    echo "SCS_POSTGRES_URL=postgres://postgres@$HOST:$port/postgres"
}

run "$@"
