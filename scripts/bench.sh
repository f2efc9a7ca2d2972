#!/usr/bin/env bash
# Measures the daemon beside floors, all built with the release profile: scripts/bench.sh [ARGS]
#
# `--help` lists what can be chosen. Everything that was measured is in target/bench.json afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

exec cargo bench --locked --bench load -- --json target/bench.json "$@"
