#!/usr/bin/env bash
# Tests the daemon's TLS listener with sslyze: tests/conformance/tls.sh
#
# The listener must comply with Mozilla's "intermediate" configuration. Exit status: 0 if it complies, 77 if sslyze is
# not installed, otherwise 1. The report is target/conformance/tls/sslyze.txt.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/conformance/daemon.sh

readonly python=target/tools/conformance/bin/python report=$PWD/target/conformance/tls
if ! version=$($python -c 'from importlib.metadata import version; print(version("sslyze"))' 2>/dev/null); then
    echo "== TLS: SKIPPED, sslyze is not installed here =="
    exit 77
fi
rm -rf "$report"
mkdir -p "$report"
start_daemon_with_tls "$report" || { echo "== TLS: FAILED, the daemon did not start =="; exit 1; }
address=127.0.0.1:$(daemon_port "$report" https) status=0
$python -m sslyze --mozilla_config=intermediate --certinfo_ca_file "$report/ca.pem" --sni shop.test --json_out "$report/sslyze.json" \
    "$address" >"$report/sslyze.txt" 2>&1 || status=$?
compliance=$(sed -n "s/^ *$address: *//p" "$report/sslyze.txt" | tail -n 1)
case $status/$compliance in
0/OK*) echo "== TLS: ok; sslyze $version, Mozilla's intermediate configuration: $compliance ==" ;;
*)
    tail -n 25 "$report/sslyze.txt"
    echo "== TLS: FAILED, see $report/sslyze.txt =="
    exit 1
    ;;
esac
