#!/usr/bin/env bash
# Runs third-party test suites against the daemon: tests/conformance/run.sh [quick|full]
#
# Prints a result for each tool; exit status 0 if all passed or were skipped, 1 if one or the build failed, or with
# REQUIRE_ALL=1 (`make test-all`) if one was skipped. Everything stays on the loopback address, and no root is needed.
# `quick` sends the API at least 500 requests instead of at least 10,000.
set -uo pipefail
cd "$(dirname "$0")/../.."

readonly length=${1:-full}
status=0

# tool COMMAND…: runs the command, and sets `status` if it fails. Exit status 77 means that the tool is not installed.
tool() {
    "$@"
    case $? in
    0) ;;
    77) [ -z "${REQUIRE_ALL:-}" ] || status=1 ;;
    *) status=1 ;;
    esac
}

# Builds the daemon and the echo server, whose file name contains a hash.
echo_program=$(cargo build --locked --bin agentlocator --bench websocket_echo --message-format=json |
    sed -n 's/.*"executable":"\([^"]*websocket_echo[^"]*\)".*/\1/p') || exit 1
tool tests/conformance/tls.sh
tool tests/conformance/headers.sh
tool tests/conformance/websocket.sh "$echo_program"
tool tests/conformance/api.sh "$length"
exit $status
