# shellcheck shell=bash
# Creates root file systems of Debian and Ubuntu with mmdebstrap. Sourced by the scripts that need one.

# Prints the oldest supported Debian suite that runs a program built on this machine. The program needs this machine's version of
# the C library or a newer one.
oldest_suite() {
    local libc
    libc=$(getconf GNU_LIBC_VERSION)
    if dpkg --compare-versions "${libc#glibc }" le 2.36; then echo bookworm; else echo trixie; fi
}

# bootstrap FORMAT SUITE TARGET PACKAGES…: creates a minimal root file system of the suite with these packages, as a directory or a tar.
# For a Debian suite on a Debian machine, uses the machine's own package sources with the suite's name. Otherwise uses mmdebstrap's
# default sources. Prints errors to standard error.
bootstrap() {
    local format=$1 suite=$2 target=$3 sources log status=0
    shift 3
    sources=$(bootstrap_sources "$suite")
    log=$(mktemp)
    mmdebstrap --quiet --format="$format" --variant=minbase --include="$(echo "$*" | tr ' ' ,)" "$suite" "$target" \
        ${sources:+"$sources"} >"$log" 2>&1 || status=$?
    [ "$status" = 0 ] || tail -n 5 "$log" >&2
    rm -f "$log"
    [ -z "$sources" ] || rm -f "$sources"
    return "$status"
}

# Prints the path of a new file with the package sources of a Debian suite. Prints nothing for another suite, and on a machine that does not
# run Debian.
bootstrap_sources() {
    local suite=$1 from own file
    case $suite in bullseye | bookworm | trixie | forky | sid) ;; *) return ;; esac
    grep -q '^ID=debian$' /etc/os-release || return 0
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    for from in "${APT_SOURCES:-}" /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        [ -s "$from" ] || continue
        file=$(mktemp --suffix=".${from##*.}")
        sed "s/\b${own:-$suite}\b/$suite/g" "$from" >"$file"
        echo "$file"
        return
    done
}
