# shellcheck shell=bash
# Starts a daemon for the test tools: on the loopback address and free ports, with a separate folder and the data of the
# API tests. Sourced by the other scripts of this folder, which run in the project's root folder.

readonly PROGRAM=$PWD/target/debug/agentlocator
DAEMON_PID=
trap stop_daemon EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# daemon_command FOLDER ARGUMENT…: runs the program with the settings of the daemon in the folder, without this shell's
# environment.
daemon_command() {
    local folder=$1
    shift
    (cd "$folder" && exec env -i PATH="$PATH" DATABASE_URL="$folder/data/agentlocator.db" "$PROGRAM" --config config.toml "$@")
}

# start_daemon FOLDER [LINES]: starts the daemon with additional LINES of settings, and waits until it listens. The exit
# trap stops it.
start_daemon() {
    local folder=$1
    mkdir -p "$folder/data"
    printf '[http]\nlisten = "127.0.0.1:0"\n%s\n' "${2:-}" >"$folder/config.toml"
    daemon_command "$folder" migrate >"$folder/migrate.log" 2>&1 || { cat "$folder/migrate.log" >&2; return 1; }
    python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2], encoding="utf-8").read())' \
        "$folder/data/live/db.sqlite" tests/it/api/data.sql || return 1
    : >"$folder/log"
    # `exec` replaces the subshell, so that DAEMON_PID is the process id of the daemon.
    (cd "$folder" && exec env -i PATH="$PATH" DATABASE_URL="$folder/data/agentlocator.db" "$PROGRAM" --config config.toml serve) \
        >"$folder/log" 2>&1 </dev/null &
    DAEMON_PID=$!
    daemon_port "$folder" public >/dev/null
}

# start_daemon_with_tls FOLDER: starts the daemon with HTTP and HTTPS listeners. The certificate is for shop.test, from
# a certificate authority that is created for it (ca.pem).
start_daemon_with_tls() {
    local folder=$1
    make_certificates "$folder" >"$folder/openssl.log" 2>&1 || { cat "$folder/openssl.log" >&2; return 1; }
    start_daemon "$folder" "[tls]
domain = [\"shop.test\"]
certificate_file = \"$folder/chain.pem\"
key_file = \"$folder/key.pem\"
http_listen = \"127.0.0.1:0\"
https_listen = \"127.0.0.1:0\""
}

make_certificates() (
    cd "$1" || exit 1
    key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -days 30 -subj '/CN=Authority of the tests' \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' &&
        openssl req "${key[@]}" -keyout key.pem -out request.pem -subj '/CN=shop.test' &&
        printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:shop.test\n' >extensions &&
        openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out leaf.pem &&
        cat leaf.pem ca.pem >chain.pem
)

# daemon_port FOLDER LISTENER: waits until the listener is open, and prints its port.
daemon_port() {
    local _
    for _ in $(seq 300); do
        sed -n "s/.*\"event\":\"LISTENING\",\"listener\":\"$2\".*\"port\":\([0-9]*\).*/\1/p" "$1/log" | grep . && return
        kill -0 "$DAEMON_PID" 2>/dev/null || break
        sleep 0.1
    done
    echo "the daemon does not listen:" >&2
    tail -n 5 "$1/log" >&2
    return 1
}

stop_daemon() {
    [ -n "$DAEMON_PID" ] || return 0
    kill "$DAEMON_PID" 2>/dev/null
    wait "$DAEMON_PID" 2>/dev/null
    DAEMON_PID=
}
