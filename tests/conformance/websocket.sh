#!/usr/bin/env bash
# Tests the daemon's WebSocket code with Autobahn's fuzzing client: tests/conformance/websocket.sh ECHO-PROGRAM
# ECHO-PROGRAM is the echo server that is built from websocket_echo.rs.
#
# Runs all cases except groups 12 and 13, which test compression, because the daemon does not offer it. The server must
# refuse the cases in autobahn-limits.txt. Exit status: 0 no finding, 1 a finding or another failure, 77 the test suite
# is not installed. The report is target/conformance/websocket/index.html.
set -uo pipefail
cd "$(dirname "$0")/../.."

readonly wstest=target/tools/autobahn/wstest report=$PWD/target/conformance/websocket
if ! [ -x $wstest ]; then
    echo "== WebSocket: SKIPPED, Autobahn's test suite is not installed here: it needs Python 2.7, see tests/conformance/install-autobahn.sh =="
    exit 77
fi
rm -rf "$report"
mkdir -p "$report"
coproc ECHO { exec "$1"; }
trap 'kill "$ECHO_PID"' EXIT
trap 'exit 143' TERM
read -r url <&"${ECHO[0]}" || { echo "== WebSocket: FAILED, the echo did not start =="; exit 1; }
cat >"$report/spec.json" <<S
{"outdir": "$report", "servers": [{"agent": "agentlocator", "url": "$url"}],
 "cases": ["*"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {}}
S
timeout 1200 $wstest --mode fuzzingclient --spec "$report/spec.json" >"$report/log" 2>&1 || {
    tail -n 5 "$report/log"
    echo "== WebSocket: FAILED, Autobahn did not finish; see $report/log =="
    exit 1
}
python3 tests/conformance/websocket_result.py "$report/index.json" tests/conformance/autobahn-limits.txt
