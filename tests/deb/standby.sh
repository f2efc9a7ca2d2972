# shellcheck shell=bash
# A standby machine, simulated inside the container: the units of Litestream and `agentlocator standby`, set up with the guide's commands.
# Sourced by inside.sh, and uses its functions and those of faults.sh.

readonly guide=/usr/share/doc/agentlocator/admin/standby.md
readonly bucket=/srv/bucket

# guide_block SECTION NUMBER: prints this shell block of the guide, changed so that root can run it without sudo, an editor or questions.
guide_block() {
    sed -n "/^## $1\$/,/^## /p" $guide | awk -v wanted="$2" '
        /^ *```sh$/ { n++; inside = 1; next }
        /^ *```$/ { inside = 0 }
        inside && n == wanted' |
        sed 's/^ *//; s/^sudo editor .*/use_bucket/; s/^sudo -u \([a-z]*\) /runuser -u \1 -- /; s/^sudo //; s/promote$/promote --yes/'
}

# follow_guide SECTION NUMBER: runs this shell block of the guide.
follow_guide() {
    guide_block "$1" "$2" >/t/commands
    [ -s /t/commands ] || fail "the guide has no block $2 in $1"
    # shellcheck source=/dev/null
    (set -ex && . /t/commands) >/t/guide.txt 2>&1 || fail "the commands of the guide fail: $(cat /t/guide.txt)"
}

# Makes Litestream replicate into a folder instead of a bucket, because the container reaches no network.
use_bucket() {
    sed -i "s/type: s3/type: file/; s|path: box-1/.*|path: $bucket|; /bucket: /d; /region: /d; /-key/d" /etc/agentlocator/litestream.yml
}

received() { sqlite3 -readonly "$1" "SELECT count(*) FROM messages WHERE direction = 'in'"; }
has_received() { [ "$(received "$1")" = "$2" ]; }
monotonic() { systemctl show -p "$1" --value "$2"; }

# Runs a failover from machine one to machine two. The container plays both machines in turn, each with its own data folder.
standby_takes_over() {
    local one=$data.one two=$data.two count
    install -m 755 /t/litestream /usr/bin/litestream
    install -d -o agentlocator -g agentlocator -m 750 $bucket
    mkdir -p /etc/systemd/system/agentlocator-litestream.service.d
    printf '[Service]\nReadWritePaths=%s\n' $bucket >/etc/systemd/system/agentlocator-litestream.service.d/bucket.conf
    cp -p $settings /t/config.kept
    stop_all
    cp -a $data $two

    # Machine one replicates.
    sed -i 's/^\[store\]$/[store]\nlitestream = true/' $settings
    start_all
    follow_guide 'Machine one' 1
    running agentlocator-litestream || fail "$(systemctl status agentlocator-litestream --no-pager)"
    systemd-analyze verify agentlocator-litestream.service 2>&1 | grep litestream | grep -v "man:\|Command 'man" && fail "systemd complains of the unit"
    agentlocator simulate whatsapp --via twilio --from +972501112299 --text 'before the restart' || fail "no message"
    litestream_stops_first_and_starts_last
    agentlocator simulate whatsapp --via bridge --from +972501112299 --text 'after the restart' || fail "no message"
    remember
    count=$(received $data/agentlocator.db)

    # Machine one is switched off, with all its changes in the bucket.
    follow_guide Failover 1
    mv $data $one
    mv $two $data
    has_received $data/agentlocator.db "$count" && fail "machine two has the data before it was replicated"

    # Machine two follows machine one as a standby.
    follow_guide 'Machine two' 1
    follow_guide 'Machine two' 3
    [ "$(agentlocator standby --status --json | jq .follows)" = true ] || fail "$(agentlocator standby --status)"
    until_true has_received $data/standby/db.sqlite "$count"
    systemd-analyze verify agentlocator-standby.service 2>&1 | grep standby | grep -v "man:\|Command 'man" && fail "systemd complains of the unit"
    kill -9 "$(main_pid agentlocator-standby)"
    follows_again() { running agentlocator-standby && [ "$(agentlocator standby --status --json | jq .follows)" = true ]; }
    until_true follows_again

    # Machine two takes over.
    follow_guide Failover 2
    grep 'Messages and calls that the other machine received after' /t/guide.txt || fail "$(cat /t/guide.txt)"
    running agentlocator-standby && fail "the standby still runs"
    all_is_there
    phone_works
    remember
    restart_starts_no_standby
    forget_the_standby $one
    all_is_there
}

# Checks that a restart stops Litestream before the daemon and starts it after the daemon, and that the daemon finds no unclean stop.
litestream_stops_first_and_starts_last() {
    local began
    began=$(date '+%F %T')
    systemctl restart agentlocator || fail "no restart"
    until_true is_ready
    until_true running agentlocator-litestream
    [ "$(monotonic ActiveEnterTimestampMonotonic agentlocator-litestream)" -ge "$(monotonic ActiveEnterTimestampMonotonic agentlocator)" ] ||
        fail "Litestream was started before the daemon"
    [ "$(monotonic InactiveEnterTimestampMonotonic agentlocator-litestream)" -le "$(monotonic InactiveEnterTimestampMonotonic agentlocator)" ] ||
        fail "Litestream was stopped after the daemon"
    journalctl -u agentlocator --since "$began" EVENT=STORE_UNCLEAN_STOP -o cat | grep . && fail "the daemon finds an unclean stop"
    true
}

# Checks that neither a boot nor a restart starts the standby or Litestream after the takeover.
restart_starts_no_standby() {
    systemctl --quiet is-enabled agentlocator-standby && fail "the next boot would start the standby"
    systemctl --quiet is-enabled agentlocator-litestream && fail "the next boot would replicate into the bucket of machine one"
    systemctl restart agentlocator || fail "no restart"
    until_true is_ready
}

forget_the_standby() {
    rm -rf "$1" $bucket /etc/systemd/system/agentlocator-{litestream,standby}.service /etc/systemd/system/agentlocator-litestream.service.d \
        /etc/agentlocator/litestream.yml /usr/bin/litestream
    systemctl daemon-reload
    cp -p /t/config.kept $settings
    systemctl restart agentlocator || fail "no restart"
}
