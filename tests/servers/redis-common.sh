# Shared by the scripts beside it: installing, starting, waiting, stopping. Every server listens on loopback only, and its
# process id is kept in DIR, so that `stop` ends what `start` began and nothing else.

HOST=127.0.0.1

install_packages() {
    local missing=()
    for package in "$@"; do
        dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ "${#missing[@]}" -eq 0 ] && return
    apt-get update --quiet --quiet
    # Its own service is not wanted: each suite starts servers of its own.
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" >&2
}

is_up() {
    redis-cli -h "$HOST" -p "$1" ping 2>/dev/null | grep --quiet PONG
}

# wait_until SECONDS COMMAND...: fails if it does not come true.
wait_until() {
    local tries=$(($1 * 10))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "gave up waiting for: $*" >&2; return 1; }
        sleep 0.1
    done
}

# start_server DIR PORT PROGRAM ARGUMENTS...: does nothing if it already runs.
start_server() {
    local directory=$1 port=$2
    shift 2
    mkdir -p "$directory/$port"
    is_up "$port" && return
    (cd "$directory/$port" && exec "$@" --port "$port" --bind "$HOST" --dir "$directory/$port" >"$directory/$port/log" 2>&1) &
    echo "$!" >"$directory/$port/pid"
    wait_until 10 is_up "$port"
}

stop_servers() {
    local file
    for file in "$1"/*/pid; do
        [ -e "$file" ] || continue
        kill "$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
}

usage() {
    echo "usage: $0 start DIR [PORT] | stop DIR" >&2
    exit 2
}
