# Functions that the scripts in this folder share. Figures are stored in the current
# folder: one file for each name, one line for each round.
# shellcheck shell=bash

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first free port, from the given one on.
free_port() {
    local port=${1:-$((20000 + RANDOM % 10000))}
    while taken "$port"; do port=$((port + 1)); done
    echo "$port"
}

# Reads one figure from the JSON of `load`.
figure() { sed -nE "s/.*\"$1\": ?([0-9.]+).*/\1/p"; }

note() {
    [[ $2 ]] || { echo "there is no figure for $1" >&2 && exit 1; }
    echo "$2" >>"$1.figures"
}

# The median of the noted figures; nothing if there are none.
value() {
    [[ ! -e $1.figures ]] || sort -g "$1.figures" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# The first as a multiple of the second.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b > 0) printf "%.2f x", a / b; else print "-" }'; }

# With three digits.
short() { awk -v n="$1" 'BEGIN { if (n == "") print "-"; else printf(n < 10 ? "%.2f" : n < 100 ? "%.1f" : "%.0f", n) }'; }

# Runs a command as a user that Postgres accepts.
as_owner() { if [[ $(id -u) == 0 ]]; then setpriv --reuid=nobody --clear-groups "$@"; else "$@"; fi; }

# Sets `pg` to the folder of the newest binaries of Postgres.
need_postgres() {
    pg=$(ls -d "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin 2>/dev/null |
        while read -r dir; do if [[ -x $dir/initdb && -x $dir/pgbench ]]; then echo "$dir"; fi; done | tail -n 1)
    [[ $pg ]] || { echo "this needs the binaries of Postgres: apt-get install postgresql" >&2; exit 2; }
}

# Starts a new Postgres in the current folder. The programs of Postgres find it by the
# environment, and `postmaster` is its process. Takes further options of the server.
start_postgres() {
    if [[ $(id -u) == 0 ]]; then chown nobody .; fi
    chmod 755 .
    pgdata=$PWD/data
    PGHOST=127.0.0.1 PGPORT=$(free_port) PGUSER=postgres
    export PGHOST PGPORT PGUSER
    as_owner "$pg/initdb" -D "$pgdata" -A trust -U postgres >/dev/null
    as_owner "$pg/pg_ctl" -D "$pgdata" -w -l "$PWD/pg.log" \
        -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 $*" start >/dev/null
    postmaster=$(head -n 1 "$pgdata/postmaster.pid")
}
stop_postgres() { [[ ! ${pgdata:-} ]] || as_owner "$pg/pg_ctl" -D "$pgdata" -m immediate stop >/dev/null 2>&1 || true; }

# The URL of a database of this Postgres.
database_url() { echo "postgres://postgres@127.0.0.1:$PGPORT/$1"; }

need_nats() {
    command -v nats-server >/dev/null || { echo "this needs a NATS server: apt-get install nats-server" >&2; exit 2; }
}

# Starts a NATS server, `nats`, where CHAT_RELAY says.
spawn_nats() {
    nats-server --addr 127.0.0.1 --port "${CHAT_RELAY##*:}" >nats.log 2>&1 &
    nats=$!
    for _ in {1..100}; do
        taken "${CHAT_RELAY##*:}" && return
        sleep 0.1
    done
    echo "the NATS server did not start: $(cat nats.log)" >&2
    exit 1
}
# The same on a free port.
start_nats() {
    CHAT_RELAY="nats://127.0.0.1:$(free_port)"
    export CHAT_RELAY
    spawn_nats
}
