#!/usr/bin/env bash
# Runs all tests, with nextest where it is installed, else with cargo's own runner: scripts/run-tests.sh [--long]
#
# `--long` adds the rounds that are marked `#[ignore]`: they take minutes each.
set -euo pipefail
cd "$(dirname "$0")/.."

long=${1:-}
if cargo nextest --version >/dev/null 2>&1; then
    if [ "$long" = --long ]; then
        exec cargo nextest run --locked --profile long --run-ignored all
    fi
    exec cargo nextest run --locked
fi
if [ "$long" = --long ]; then
    exec cargo test --locked -- --include-ignored
fi
exec cargo test --locked
