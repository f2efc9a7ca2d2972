#!/usr/bin/env bash
# Runs the README's commands as a newcomer does: tests/fresh/run.sh [SUITE…] (default: bookworm trixie noble)
#
# For each suite, twice, as root and as a user without sudo: creates a root file system with only make, git, ca-certificates and
# this machine's Rust toolchain, clones the last commit into it, copies what Cargo and npm have downloaded on this
# machine, and runs `make demo ARGS=--exit` and `make test`. ACCOUNTS=root or ACCOUNTS=user runs only one of the two.
#
# Prints a line for each step; the logs are in target/fresh. The exit status is 0 if all steps passed, 1 if a step
# failed, and 77 if this machine cannot run the steps. A suite other than bookworm and trixie is skipped if its packages
# cannot be downloaded.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/deb/bootstrap.sh

readonly logs=$PWD/target/fresh
readonly step_limit=90m

for tool in mmdebstrap unshare chroot git; do
    if [ "$(id -u)" != 0 ] || ! type -P $tool >/dev/null; then
        echo "== fresh machines: SKIPPED, this needs root and $tool =="
        exit 77
    fi
done
mkdir -p "$logs"
work=$(mktemp -d "$logs/roots.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
failed=0

# --- A bare machine --------------------------------------------------------------------------------------------------

# make_root SUITE ROOT: creates the bare system in the folder ROOT, with one ordinary user.
make_root() {
    bootstrap directory "$1" "$2" make git ca-certificates || return 1
    # Usually a system's installer writes these files; mmdebstrap does not.
    cp /etc/resolv.conf "$2/etc/resolv.conf"
    echo fresh >"$2/etc/hostname"
    printf '127.0.0.1 localhost fresh\n::1 localhost\n' >"$2/etc/hosts"
    # Certificate authorities that this machine trusts in addition to the usual ones, such as that of a company's proxy.
    if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
        cp /usr/local/share/ca-certificates/*.crt "$2/usr/local/share/ca-certificates/"
        chroot "$2" update-ca-certificates >/dev/null 2>&1 || return 1
    fi
    chroot "$2" useradd --create-home --home-dir /srv/newcomer --shell /bin/bash newcomer
    mkdir "$2/opt/rust"
}

# furnish ROOT HOME OWNER: clones the last commit into the home folder, and copies what Cargo and npm have downloaded.
furnish() {
    local home=$1$2
    git clone --quiet --no-hardlinks . "$home/agentlocator" || return 1
    mkdir -p "$home/.cargo/registry"
    local cargo=${CARGO_HOME:-$HOME/.cargo} part
    for part in cache index; do
        [ ! -d "$cargo/registry/$part" ] || cp -a "$cargo/registry/$part" "$home/.cargo/registry/"
    done
    [ ! -d "$HOME/.npm/_cacache" ] || { mkdir -p "$home/.npm" && cp -a "$HOME/.npm/_cacache" "$home/.npm/"; }
    chroot "$1" chown -R "$3:$3" "$2"
}

# enter ROOT HOME USER COMMAND…: runs the command in the root file system and the checkout, with separate processes and mounts.
enter() {
    local root=$1 home=$2 user=$3 name settings=()
    shift 3
    for name in http_proxy https_proxy no_proxy NODE_EXTRA_CA_CERTS; do
        [ -z "${!name:-}" ] || settings+=("$name=${!name}")
    done
    ROOT=$root RUST=$(rustc --print sysroot) unshare --mount --pid --fork --kill-child bash -ec '
        mount --make-rprivate /
        mount --bind "$ROOT" "$ROOT"
        mount --rbind /dev "$ROOT/dev"
        mount --rbind /sys "$ROOT/sys"
        mount -t proc proc "$ROOT/proc"
        mount -t tmpfs tmpfs "$ROOT/run"
        mount --bind -o ro "$RUST" "$ROOT/opt/rust"
        cd "$ROOT"
        # A chroot would not do: systemd-nspawn cannot boot a container in it.
        pivot_root . .
        umount -l .
        exec "$@"' enter \
        chroot --userspec="$user:$user" / env -i HOME="$home" USER="$user" "${settings[@]}" \
        PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        sh -c 'cd "$HOME/agentlocator" 2>/dev/null || cd /; exec "$@"' sh "$@"
}

installed() { chroot "$1" dpkg-query -W -f '${Package}\n' | sort; }

# --- The steps -------------------------------------------------------------------------------------------------------

# report SUITE ACCOUNT STEP STATUS SECONDS: prints a line, and on failure the end of the log.
report() {
    local log=$logs/$1-$2.log
    if [ "$4" = 0 ]; then
        printf 'ok      %s, %s: %s (%d min %02d s)\n' "$1" "$2" "$3" $(($5 / 60)) $(($5 % 60))
    else
        failed=1
        printf 'FAILED  %s, %s: %s (exit %s); %s ends with:\n' "$1" "$2" "$3" "$4" "$log"
        tail -n 25 "$log" | sed 's/^/        | /'
    fi
}

# step SUITE ACCOUNT NAME COMMAND…: runs the command, and reports its result; its output goes to the log.
step() {
    local suite=$1 account=$2 name=$3 began=$SECONDS status=0
    shift 3
    printf '\n=== %s ===\n' "$name" >>"$logs/$suite-$account.log"
    "$@" >>"$logs/$suite-$account.log" 2>&1 </dev/null || status=$?
    report "$suite" "$account" "$name" "$status" $((SECONDS - began))
    return "$status"
}

# refuses_and_names ROOT HOME GOAL: without packages and sudo, make fails before it compiles and prints one command, which is
# then run as root, as an administrator would.
refuses_and_names() {
    local output command
    output=$(enter "$1" "$2" newcomer make "$3" ARGS=--exit 2>&1) && { echo "$output"; echo "it did not refuse"; return 1; }
    echo "$output"
    if grep -q Compiling <<<"$output"; then
        echo "it compiled before it named what is missing"
        return 1
    fi
    [ "$(grep -c 'apt-get install' <<<"$output")" = 1 ] || { echo "not one line with apt-get install"; return 1; }
    command=$(grep 'apt-get install' <<<"$output")
    enter "$1" / root sh -ec "export DEBIAN_FRONTEND=noninteractive; $command"
}

# waits_for_apt ROOT HOME: the setup waits while another program holds apt's lock, and continues once the lock is free.
waits_for_apt() {
    local root=$1 output=$work/waits setup status=0
    touch "$root/tmp/hold"
    # apt locks the file with fcntl. Perl can do this as well, and is a part of every Debian and Ubuntu system.
    enter "$root" / root perl -MFcntl=F_SETLK,F_WRLCK -e '
        open(my $file, ">>", "/var/lib/dpkg/lock-frontend") or die;
        my $lock = pack("ssqql", F_WRLCK, 0, 0, 0, 0);
        fcntl($file, F_SETLK, $lock) or die "the lock is taken";
        $| = 1; print "locked\n"; select(undef, undef, undef, 0.2) while -e "/tmp/hold"' >"$work/holder" 2>&1 &
    until_true grep -q locked "$work/holder" || { cat "$work/holder"; return 1; }
    enter "$root" "$2" root scripts/setup.sh demo >"$output" 2>&1 &
    setup=$!
    until_true grep -q 'waiting for the program' "$output" || { cat "$output"; echo "it did not wait for apt's lock"; return 1; }
    rm "$root/tmp/hold"
    wait "$setup" || status=$?
    cat "$output"
    return "$status"
}

until_true() {
    local _
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    return 1
}

# newcomer SUITE ACCOUNT BASE: runs `make demo` and `make test` on a copy of the bare system.
newcomer() {
    local suite=$1 account=$2 root=$work/$1-$2 home=/root user=root
    [ "$account" = root ] || { home=/srv/newcomer user=newcomer; }
    : >"$logs/$suite-$account.log"
    cp -a "$3" "$root"
    furnish "$root" "$home" "$user" || return 1
    installed "$root" >"$work/before"
    if [ "$account" = root ]; then
        step "$suite" root "the setup waits for apt's lock" waits_for_apt "$root" "$home" || return 1
    else
        step "$suite" user "make demo names what is missing" refuses_and_names "$root" "$home" demo || return 1
    fi
    step "$suite" "$account" "make demo ARGS=--exit" \
        timeout "$step_limit" bash -c "$(declare -f enter); enter \"\$@\"" _ "$root" "$home" "$user" make demo ARGS=--exit || return 1
    note "target/ after the demo: $(du -sh "$root$home/agentlocator/target" | cut -f1)"
    if [ "$account" = user ]; then
        step "$suite" user "make test names what is missing" refuses_and_names "$root" "$home" test || return 1
    fi
    step "$suite" "$account" "make test" \
        timeout "$step_limit" bash -c "$(declare -f enter); enter \"\$@\"" _ "$root" "$home" "$user" make test || return 1
    note "target/ after the tests: $(du -sh "$root$home/agentlocator/target" | cut -f1)"
    grep -E '^ +Summary \[|^test result: |^(ℹ|#) (tests|pass|fail|skipped) |^== package ' "$logs/$suite-$account.log" | sed 's/^/        /'
    installed "$root" >"$work/after"
    comm -13 "$work/before" "$work/after" >"$logs/$suite-$account.packages"
    note "$(wc -l <"$logs/$suite-$account.packages") packages were installed: target/fresh/$suite-$account.packages"
    rm -rf --one-file-system "$root"
}

note() { printf 'note    %s\n' "$*"; }

[ -z "$(git status --porcelain)" ] || note "what is not committed is not in the clones"
for suite in "${@:-bookworm trixie noble}"; do
    for suite in $suite; do
        echo "== $suite =="
        if ! make_root "$suite" "$work/$suite" 2>"$work/bootstrap"; then
            sed 's/^/        | /' "$work/bootstrap"
            # Debian's packages are required. On a closed network, those of another system may be unreachable.
            case $suite in
            bookworm | trixie)
                echo "FAILED  $suite: its root could not be made"
                failed=1
                ;;
            *) echo "SKIPPED $suite: its packages cannot be downloaded here" ;;
            esac
            continue
        fi
        for account in ${ACCOUNTS:-root user}; do newcomer "$suite" "$account" "$work/$suite" || failed=1; done
        rm -rf --one-file-system "${work:?}/$suite"
    done
done
[ "$failed" = 0 ] && echo "== fresh machines: passed ==" || echo "== fresh machines: FAILED =="
exit "$failed"
