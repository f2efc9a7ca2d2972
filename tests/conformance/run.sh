#!/usr/bin/env bash
# Runs the tests that others have made against the daemon: tests/conformance/run.sh [quick|full]
#
# A verdict for each tool; 0 all well or skipped, 1 a finding. Everything stays on the loopback address, and no root is needed.
# `quick` sends the API 500 requests instead of 10,000.
set -uo pipefail
cd "$(dirname "$0")/../.."

readonly length=${1:-full}
status=0

# tool COMMAND…: 77 says that the tool is not installed, of which the command has told.
tool() {
    "$@"
    case $? in
    0 | 77) ;;
    *) status=1 ;;
    esac
}

# The daemon, and the path of the echo, which has a hash in its name.
echo_program=$(cargo build --locked --bin agentlocator --bench websocket_echo --message-format=json |
    sed -n 's/.*"executable":"\([^"]*websocket_echo[^"]*\)".*/\1/p') || exit 1
tool tests/conformance/tls.sh
tool tests/conformance/headers.sh
tool tests/conformance/websocket.sh "$echo_program"
tool tests/conformance/api.sh "$length"
exit $status
