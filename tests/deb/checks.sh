# shellcheck shell=bash
# The checks that walk.sh runs from outside the container, and the report of checks. Sourced by walk.sh and power-cut.sh.

PASSED=0 FAILED=0

# Monotonic time, which clock changes do not affect.
now() { cut -d' ' -f1 /proc/uptime; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
note() { printf 'note    %s\n' "$*"; }

# check NAME COMMAND…: runs the command, and prints its result and duration. If the command fails, also prints the end of its output.
check() {
    local name=$1 began output
    shift
    began=$(now)
    # Not in a subshell: a reboot changes the process id of the container (MACHINE_INIT).
    if "$@" >"$MACHINE_WORK/output" 2>&1; then
        PASSED=$((PASSED + 1))
        printf 'ok      %s (%s s)\n' "$name" "$(since "$began")"
        sed -n 's/^note: /        /p' "$MACHINE_WORK/output"
    else
        FAILED=$((FAILED + 1))
        printf 'FAILED  %s (%s s)\n' "$name" "$(since "$began")"
        output=$(tail -n 40 "$MACHINE_WORK/output")
        printf '%s\n' "$output" | sed 's/^/        | /'
    fi
}

# vital NAME COMMAND…: runs a check, and stops the walk if it fails, because all later checks would fail too.
vital() {
    local before=$FAILED
    check "$@"
    [ "$FAILED" = "$before" ] || finish "package on $suite, $length walk, broken off"
}

# box CHECK [ARGUMENT…]: runs a check of inside.sh in the container.
box() { inside /t/inside "$@"; }

finish() {
    echo "== $1: $PASSED checks passed, $FAILED failed, $(since "$began") s =="
    [ "$FAILED" = 0 ] || exit 1
}

# Builds variants of the package, to upgrade from and to. A comment describes each variant that is not obvious.
make_variants() {
    variant before 0.0.9 :
    # A version in which the daemon and the bridge had no Unix socket.
    variant older 0.0.8 'rm usr/lib/systemd/system/agentlocator-bridge.socket
        sed -i "s/ agentlocator-bridge.socket//g" DEBIAN/p* usr/lib/systemd/system/*.service'
    variant after "$VERSION+9" 'echo "# Other words" >>etc/agentlocator/whatsapp.env'
    # The program exits immediately.
    variant broken "$VERSION+2" 'cat >usr/bin/agentlocator <<"S"
#!/bin/sh
[ "$1" = --version ] && { echo "agentlocator 99"; exit; }
echo "this version does not work" >&2
exit 1
S'
    # The bridge exits immediately.
    variant bridgeless "$VERSION+2.1" 'echo "process.exit(1)" >usr/lib/agentlocator/bridge.mjs'
    # The program migrates the database as a newer version would, and then exits.
    variant migrating "$VERSION+3" 'cat >usr/bin/agentlocator <<"S"
#!/bin/sh
[ "$1" = --version ] && { echo "agentlocator 99"; exit; }
sqlite3 /var/lib/agentlocator/live/db.sqlite "INSERT OR IGNORE INTO refinery_schema_history
    VALUES (9999, \"from_the_future\", \"2030-01-01T00:00:00Z\", \"1\")"
exit 1
S'
}

# variant NAME VERSION COMMAND: unpacks the package, sets its version, runs the command in its folder, and packs it as NAME.deb.
variant() {
    local name=$1 version=$2 folder=$MACHINE_WORK/variant
    rm -rf "$folder"
    dpkg-deb -R "$DEB" "$folder"
    sed -i "s/^Version: .*/Version: $version/" "$folder/DEBIAN/control"
    sed -i "s/$VERSION/$version/g" "$folder/DEBIAN/preinst" "$folder/DEBIAN/postinst" "$folder/DEBIAN/postrm"
    (cd "$folder" && eval "$3")
    dpkg-deb -b -Znone "$folder" "$MACHINE_ROOT/t/$name.deb" >/dev/null
    rm -rf "$folder"
}

install_package() {
    # apt may run dpkg on a pseudo-terminal, which ends lines with CR LF.
    inside apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 "/t/$1.deb" 2>&1 |
        tr -d '\r' >"$MACHINE_WORK/install.log"
    local status=${PIPESTATUS[0]}
    cat "$MACHINE_WORK/install.log"
    return "$status"
}

shows_first_steps() {
    cat "$MACHINE_WORK/install.log"
    [ "$(grep -o 'https*://[0-9.:]*/setup#code=' "$MACHINE_WORK/install.log" | sed 's/[0-9][0-9.]*//' | tr '\n' ' ')" = \
        'https:///setup#code= http://:8080/setup#code= ' ] &&
        [ "$(grep -cE '^ *Code +[0-9A-Z]{5}(-[0-9A-Z]+){5}$' "$MACHINE_WORK/install.log")" = 1 ] &&
        grep -q "$BOX_ADDRESS" "$MACHINE_WORK/install.log"
}

lintian_is_quiet() {
    # A missing lintian is a failure only in `make test-all`.
    command -v lintian >/dev/null || { echo "note: lintian is not installed"; [ -z "${REQUIRE_ALL:-}" ]; return; }
    local said
    said=$(lintian --allow-root --fail-on error,warning "$DEB" 2>&1)
    local status=$?
    echo "$said"
    return $status
}

measures() {
    note "package $(($(stat -c %s "$DEB") / 1024)) KiB, installed $(dpkg-deb -f "$DEB" Installed-Size) KiB"
    note "$(box measures)"
}

kill_and_boot() {
    machine_kill
    machine_boot
}

purge() {
    local said
    said=$(inside apt-get purge -y agentlocator 2>&1) || { echo "$said"; return 1; }
    echo "$said"
    local kept
    kept=$(echo "$said" | grep -o '/var/backups/agentlocator-[0-9-]*\.db' | head -n 1)
    is_whole "$kept" || return 1
    # The full walk has copied the data to another disk, so the file is not the one that the daemon left. purge must then keep `live` too.
    kept=$(echo "$said" | grep -o '/var/backups/agentlocator-[0-9-]*-live' | head -n 1)
    if [ "$length" = short ]; then [ -z "$kept" ]; else is_whole "${kept:-none}/db.sqlite"; fi
}

is_whole() {
    [ -n "$1" ] && inside sqlite3 "file:$1?immutable=1" 'SELECT count(*) FROM messages' &&
        [ "$(inside sqlite3 "file:$1?immutable=1" 'PRAGMA integrity_check')" = ok ]
}

# Fails if the package left files behind, and prints them. The files of dpkg, the journal and the user database, and the last backup, are
# allowed.
leftovers() {
    inside find / -xdev -not -path '/proc/*' -not -path '/run/*' | sort >"$MACHINE_WORK/after.sorted"
    sort "$MACHINE_WORK/before" >"$MACHINE_WORK/before.sorted"
    local left
    left=$(comm -13 "$MACHINE_WORK/before.sorted" "$MACHINE_WORK/after.sorted" |
        grep -vE '^/(var/(log|cache|tmp)/|tmp/|t(/|$)|var/lib/(dpkg|apt|systemd|private)(/|$)|etc/(passwd|group|g?shadow|subuid|subgid)-$|var/backups/agentlocator-[0-9-]+(\.db|-live(/db\.sqlite)?)$|var/backups/(alternatives|apt|dpkg)\.|etc/\.pwd\.lock$|etc/\.updated$|var/\.updated$)')
    echo "$left"
    [ -z "$left" ]
}
