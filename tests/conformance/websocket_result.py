"""Evaluates Autobahn's report: websocket_result.py INDEX.JSON LIMITS.TXT

Every case must pass, except those in LIMITS.TXT, which must be refused with 1009 (message too big). An entry there that passes is
a finding too, so that the list stays true.
"""

import collections
import json
import sys

PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
TOO_BIG = 1009
# The number of cases in groups 1 to 7, 9 and 10. A smaller number means that some cases did not run.
EXPECTED_CASES = 301

index, limits = sys.argv[1:]
with open(index, encoding="utf-8") as file:
    (cases,) = json.load(file).values()
with open(limits, encoding="utf-8") as file:
    refused = {word for line in file for word in line.split("#")[0].split()}

findings = [f"{case} in {limits} is no case of Autobahn's" for case in sorted(refused - cases.keys())]
counts = collections.Counter()
for case, result in cases.items():
    behaviors = {result["behavior"], result["behaviorClose"]}
    shown = f"{case}: {result['behavior']}, closing {result['behaviorClose']}, code {result['remoteCloseCode']}"
    if case in refused:
        counts["refused as too long"] += 1
        if behaviors <= PASSED or result["remoteCloseCode"] != TOO_BIG:
            findings.append(f"{shown}; {limits} says that it is refused with {TOO_BIG}")
    else:
        counts[result["behavior"]] += 1
        if not behaviors <= PASSED:
            findings.append(shown)
if len(cases) != EXPECTED_CASES:
    findings.append(f"{len(cases)} cases ran, not {EXPECTED_CASES}")

for finding in findings:
    print(f"   {finding}")
result = f"FAILED, {len(findings)} findings" if findings else "ok"
details = ", ".join(f"{count} {what}" for what, count in counts.most_common())
print(f"== WebSocket: {result}; Autobahn, {len(cases)} cases: {details} ==")
sys.exit(bool(findings))
