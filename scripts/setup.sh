#!/usr/bin/env bash
# Makes sure that what a task needs is there, and says what it did: scripts/setup.sh build|lint|test|test-all|audio
#
# On Debian or Ubuntu as root (or with password-less sudo) missing packages are installed by apt; elsewhere the message
# says what to install. Rust itself is expected to be there.
set -euo pipefail
cd "$(dirname "$0")/.."

# Rust must be as new as Cargo.toml says.
readonly NEEDED_RUST=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

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

rust() {
    # A cargo that rustup has installed is not always on the path of a shell without a terminal.
    has cargo || fail "Rust is missing; see https://rustup.rs (at least $NEEDED_RUST)"
    local version
    version=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$NEEDED_RUST" "${version%%-*}" | sort -V | head -n1)" = "$NEEDED_RUST" ] ||
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

# Twilio's own library, against which signatures and TwiML are tested.
twilio_helper() {
    need node nodejs npm
    need npm npm
    local folder=tests/twilio-helper
    local stamp=$folder/node_modules/.installed
    if ! cmp -s "$folder/package-lock.json" "$stamp"; then
        echo "setup: installing Twilio's helper library for the tests"
        npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >/dev/null ||
            fail "npm could not install tests/twilio-helper; is a registry reachable?"
        cp "$folder/package-lock.json" "$stamp"
    fi
}

cargo_deny() {
    has cargo-deny && return
    echo "setup: building cargo-deny; this takes some minutes, once"
    cargo install --quiet --locked cargo-deny || fail "cargo-deny could not be built"
}

task=${1:-build}
rust
compiler
case $task in
build) ;;
lint) linters ;;
test) twilio_helper ;;
test-all)
    twilio_helper
    cargo_deny
    ;;
audio)
    need espeak-ng espeak-ng
    need lame lame
    need sox sox
    ;;
*) fail "unknown task $task; build, lint, test, test-all or audio" ;;
esac
