#!/usr/bin/env bash
# A MariaDB server: `start DIR [PORT]` prints its variable, `stop DIR` ends it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start() {
    local directory=$1 port=${2:-13306} data="$1/data"
    install_packages mariadb-server
    if [ ! -e "$data" ]; then
        mkdir -p "$directory"
        chown mysql "$directory"
        mariadb-install-db --no-defaults --user=mysql --skip-test-db --auth-root-authentication-method=normal \
            --datadir="$data" --tmpdir="$directory" >"$directory/install.log"
    fi
    is_up() { mariadb-admin --no-defaults --silent --host "$HOST" --port "$1" --user root ping >/dev/null 2>&1; }
    # A test of a store is no test of a disk.
    start_server "$directory" "$port" as mysql mariadbd --no-defaults --datadir="$data" --bind-address="$HOST" --port="$port" \
        --socket="$directory/socket" --tmpdir="$directory" --innodb-flush-log-at-trx-commit=0
    mariadb --no-defaults --host "$HOST" --port "$port" --user root --execute 'CREATE DATABASE IF NOT EXISTS test'
    echo "SCS_MYSQL_URL=mysql://root@$HOST:$port/test"
}

run "$@"
