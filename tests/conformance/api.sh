#!/usr/bin/env bash
# Tests the daemon's API with schemathesis, as an owner with a token: tests/conformance/api.sh [quick|full] [SEED]
#
# schemathesis generates requests from the daemon's OpenAPI document: at least 10,000 with `full`, at least 500 with
# `quick`. An answer with status 500 or higher, or with a status, media type, header or shape that the document does not
# describe, is a finding. Exit status: 0 no finding, 1 a finding or another failure, 77 schemathesis is not installed.
# The report is target/conformance/api/schemathesis.txt.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/conformance/daemon.sh

readonly length=${1:-full} seed=${2:-1}
case $length in
quick) readonly per_operation=5 least=500 ;;
full) readonly per_operation=190 least=10000 ;;
*) echo "api: quick or full" >&2; exit 2 ;;
esac
readonly st=target/tools/conformance/bin/st report=$PWD/target/conformance/api
if ! $st --version >/dev/null 2>&1; then
    echo "== API: SKIPPED, schemathesis is not installed here =="
    exit 77
fi
rm -rf "$report"
mkdir -p "$report"
start_daemon "$report" || { echo "== API: FAILED, the daemon did not start =="; exit 1; }
url=http://127.0.0.1:$(daemon_port "$report" public)

# run NAME PER_OPERATION ARGUMENT…: runs schemathesis with a new token and this number of examples per operation. Writes
# the report to NAME.txt.
run() {
    local name=$1 token
    token=$(daemon_command "$report" token create "$name" --role owner) || return 1
    HYPOTHESIS_STORAGE_DIRECTORY=$report/hypothesis $st --config-file tests/conformance/schemathesis.toml run "$url/api/openapi.json" -H "Authorization: Bearer $token" \
        --seed "$seed" --max-examples "$2" --no-color "${@:3}" >"$report/$name.txt" 2>&1
}

status=0
# The operation that revokes tokens has a separate run, because it eventually revokes the token of its own run. The
# event stream is excluded, because it never ends, so each case would wait for the timeout; tests/it/api/events.rs tests
# it.
run schemathesis "$per_operation" --exclude-operation-id revoke_token --exclude-operation-id follow_events || status=1
run tokens 20 --include-operation-id revoke_token || status=1
cases=$(cat "$report"/{schemathesis,tokens}.txt | sed -n 's/^ *\([0-9]*\) generated.*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }')
if [ $status != 0 ] || [ "$cases" -lt $least ]; then
    sed -n '/= FAILURES =/,/= WARNINGS =/p; /= ERRORS =/,/= WARNINGS =/p' "$report"/{schemathesis,tokens}.txt | head -n 100
    tail -n 25 "$report/schemathesis.txt"
    echo "== API: FAILED, $cases cases of at least $least, seed $seed; see $report/*.txt =="
    exit 1
fi
grep -h '"event":"\(REQUEST_PANIC\|STORE_FAILED\)"' "$report/log" && { echo "== API: FAILED, the daemon reports the errors above =="; exit 1; }
echo "== API: ok; schemathesis $($st --version | sed 's/.* //'), $cases cases, seed $seed: no finding =="
