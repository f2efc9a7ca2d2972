#!/usr/bin/env bash
# Attacks the daemon: scripts/attack.sh [--quick] [OPTION OF THE BENCH…]
#
# First runs the tests that SECURITY.md names for each claim, and prints a result for each claim. Two kinds of tests are only listed: checks
# of the package, which run in a booted Debian (`make test-deb`), and tests of the bridge (`make test`).
#
# Then, unless --quick is given, runs two benches that take about 15 minutes. The first floods the daemon during calls, in a separate
# network namespace. The second measures the memory that logins, API requests and calls leave behind.
set -uo pipefail
cd "$(dirname "$0")/.."

quick=
if [ "${1:-}" = --quick ]; then
    quick=1
    shift
fi

# claims: prints a line "claim<TAB>test test …" for each claim in SECURITY.md.
claims() {
    sed -n '/^| claim /,/^$/p' SECURITY.md | sed '1,2d; /^$/d; s/^| //; s/ |$//' |
        awk -F ' [|] ' '{ gsub(/[`,]/, "", $NF); print $1 "\t" $NF }'
}

names=$(claims | cut -f 2 | tr ' ' '\n' | grep -v / | sort -u)
output=$(mktemp)
trap 'rm -f "$output"' EXIT

if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --profile long --run-ignored all --no-fail-fast --status-level all \
        -E "test(/(^|::)($(paste -sd '|' <<<"$names"))\$/)" 2>&1 | tee "$output"
else
    # shellcheck disable=SC2086 # one word for each test
    cargo test --locked --no-fail-fast -- --include-ignored $names 2>&1 | tee "$output"
fi
status=${PIPESTATUS[0]}

# came_of TEST: prints passed, failed, "bridge" for a test file of the bridge, "walk" for a check of the package, or
# missing.
came_of() {
    if grep -qE "(FAIL|TIMEOUT|SIG[A-Z]+) .*(::| )$1\$|test .*\b$1 \.\.\. FAILED" "$output"; then
        echo failed
    elif grep -qE "PASS .*(::| )$1\$|test .*\b$1 \.\.\. ok" "$output"; then
        echo passed
    elif [[ $1 == */* && -f $1 ]]; then
        echo bridge
    elif grep -q "^$1() {" tests/deb/*.sh; then
        echo walk
    else
        echo missing
    fi
}

printf '\nCLAIMS OF SECURITY.md\n'
while IFS=$'\t' read -r claim tests; do
    result='' notes=()
    for test in $tests; do
        case $(came_of "$test") in
        passed) result=${result:-held} ;;
        failed) result=BROKEN notes+=("$test failed") ;;
        missing) result=BROKEN notes+=("$test did not run") ;;
        bridge) notes+=("$test: in make test") ;;
        walk) notes+=("$test: in make test-deb") ;;
        esac
    done
    [ "$result" != BROKEN ] || status=1
    printf '%-8s  %s%s\n' "${result:-not here}" "$claim" "${notes[*]:+ (${notes[*]})}"
done < <(claims)

if [ -z "$quick" ]; then
    cargo bench --locked --bench load -- --only flood --strict "$@" || status=1
    cargo bench --locked --bench load -- --only memory --strict "$@" || status=1
fi
exit "$status"
