#!/bin/bash
# The checks that walk.sh runs inside the container, as root: inside CHECK [ARGUMENT…]. A check that fails prints diagnostics.
set -uo pipefail

readonly base=http://127.0.0.1:8080
readonly data=/var/lib/agentlocator
readonly token_file=/t/token
readonly seen=/t/seen
readonly twilio_token=0123456789abcdef0123456789abcdef

. /t/faults.sh
. /t/standby.sh

fail() {
    echo "$*"
    journalctl -u agentlocator -u agentlocator-whatsapp -n 25 --no-pager -o cat
    exit 1
}

until_true() {
    local _
    for _ in $(seq 150); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.2
    done
    fail "this did not come true in 30 s: $*"
}

api() { curl -sS --fail-with-body -H "Authorization: Bearer $(cat $token_file)" "$base$1"; }
main_pid() { systemctl show -p MainPID --value "$1"; }
is_ready() { [ "$(curl -s "$base/readyz" | jq -r .db)" = ok ]; }
running() { systemctl --quiet is-active "$1"; }

units_run() {
    until_true is_ready
    local unit
    for unit in agentlocator agentlocator-whatsapp agentlocator-{web,http,https,bridge}.socket; do
        running "$unit" || fail "$unit is $(systemctl is-active "$unit")"
        systemctl --quiet is-enabled "$unit" || fail "$unit is not enabled"
        systemd-analyze verify "$unit" 2>&1 | grep -v "Failed to\|man:\|Command 'man" | grep . && fail "systemd complains of $unit"
    done
    [ "$(curl -s $base/healthz)" = ok ] || fail "no ok at /healthz"
    [ "$(stat -c '%U %a' $data)" = "agentlocator 750" ] || fail "$(stat -c '%U %a' $data)"
    [ "$(stat -c '%U %a' $data-whatsapp)" = "agentlocator-whatsapp 700" ] || fail "$(stat -c '%U %a' $data-whatsapp)"
}

# Checks that all files except the settings have the checksums that the package lists.
files_are_unchanged() {
    debsums --changed agentlocator || fail "debsums finds changed files, or no checksums"
    [ "$(debsums --list-missing 2>/dev/null | grep -cx agentlocator)" = 0 ] || fail "the package has no checksums"
    if dpkg --verify agentlocator | grep -v ' c /etc/'; then fail "files differ from those of the package"; fi
}

security_score_is_low() {
    local unit score
    for unit in agentlocator agentlocator-whatsapp; do
        systemd-analyze security --threshold=15 --no-pager $unit >/t/score 2>&1 || fail "$(tail -n 2 /t/score)"
        score=$(sed -n 's/.*exposure level for .*: \([0-9.]*\).*/\1/p' /t/score)
        echo "note: $unit $score"
    done
}

first_setup() {
    local code
    code=$(agentlocator setup | sed -n 's/^Code *//p')
    curl -sS --fail-with-body -X POST -H 'Content-Type: application/json' -d "{\"code\":\"$code\",\"name\":\"dana\",\"password\":\"a long password\"}" \
        $base/api/setup || fail "the code is not taken"
    agentlocator setup && fail "a second owner could be made"
    agentlocator token create walk --role owner >$token_file || fail "no token"
    [ "$(api /api/threads | jq '.threads | length')" = 0 ] || fail "there are threads already"
}

# Configures Twilio as the guide describes: lines in the settings, a file for the secret, and a restart.
configure() {
    cat >>/etc/agentlocator/config.toml <<S
[http]
public_base_url = "$base"
[business]
name = "מספרת דנה"
[twilio]
account_sid = "AC00000000000000000000000000000001"
wa_from = "whatsapp:+972501234567"
S
    echo '#WA_LOG_LEVEL=debug' >>/etc/agentlocator/whatsapp.env
    (umask 077 && echo $twilio_token >/etc/agentlocator/credentials/twilio-auth-token)
    agentlocator config check || fail "the settings are wrong"
    systemctl reload agentlocator || fail "no reload"
    until_true is_ready
    systemctl restart agentlocator || fail "no restart"
    [ "$(curl -s $base/readyz | jq -r .twilio_secrets)" = ok ] || fail "$(curl -s $base/readyz)"
    [ "$(curl -s $base/readyz | jq -r .outbox)" = ok ] || fail "the bridge's secret is not known: $(curl -s $base/readyz)"
}

call() {
    agentlocator simulate call --from +972501112233 || fail "the call failed"
    api /api/calls >/t/calls
    [ "$(jq '.calls | length' /t/calls)" = 1 ] || fail "$(cat /t/calls)"
}

messages() {
    agentlocator simulate whatsapp --via twilio --from +972501112244 --text 'שלום מטוויליו' || fail "not by Twilio"
    agentlocator simulate whatsapp --via bridge --from +972501112255 --text 'שלום מהגשר' || fail "not by the bridge"
    agentlocator simulate whatsapp --via bridge --forged || fail "a forged one was not refused"
    [ "$(api '/api/threads?type=whatsapp' | jq '.threads | length')" = 2 ] || fail "$(api /api/threads)"
    everything >$seen
}

# all_of PATH NAME: prints the rows of all pages of a list.
all_of() {
    local cursor='' page
    while :; do
        page=$(api "$1?limit=200${cursor:+&cursor=$cursor}") || return 1
        jq ".$2[]" <<<"$page"
        cursor=$(jq -r '.next_cursor // empty' <<<"$page")
        [ -n "$cursor" ] || break
    done
}

# Prints all threads, calls and messages of the CRM as one text, to compare states.
everything() {
    all_of /api/threads threads | jq -sS 'map({id, peer_number, type, last_message_at})'
    all_of /api/calls calls | jq -sS 'map({id, started_at, state})'
    for id in $(all_of /api/threads threads | jq .id); do
        api "/api/threads/$id/messages" | jq -S '[.messages[] | {id, content_text, created_at}]'
    done
}

bridge_unpaired() {
    [ "$(curl -s -o /t/health -w '%{http_code}' http://127.0.0.1:8000/health)" = 503 ] || fail "$(cat /t/health)"
    [ "$(jq -r .connected /t/health)" = false ] || fail "$(cat /t/health)"
    # The state is stable: the service does not restart in a loop.
    [ "$(systemctl show -p NRestarts --value agentlocator-whatsapp)" = 0 ] || fail "it was restarted"
}

# Checks that the daemon and the bridge reach each other by their Unix sockets, and not by port 8000, and that other users cannot connect.
bridge_by_sockets() {
    local daemon=/run/agentlocator/daemon.sock bridge=/run/agentlocator/whatsapp/bridge.sock as_other_user pid
    [ "$(stat -c '%U %G %a' $daemon)" = "root agentlocator-whatsapp 660" ] || fail "$(stat -c '%U %G %a' $daemon)"
    [ "$(stat -c '%U %G %a' $bridge)" = "agentlocator-whatsapp agentlocator-whatsapp 660" ] || fail "$(stat -c '%U %G %a' $bridge)"
    [ "$(api /api/whatsapp/bridge | jq -r .reachable)" = true ] || fail "$(api /api/whatsapp/bridge)"
    pid=$(main_pid agentlocator)
    ss -tnpH state established "( dport = 8000 )" | grep -q "pid=$pid," && fail "the daemon uses port 8000"
    as_other_user="setpriv --reuid=65534 --regid=65534 --clear-groups curl -s -o /dev/null"
    $as_other_user --unix-socket $daemon http://localhost/livez && fail "any user may use $daemon"
    $as_other_user --unix-socket $bridge http://localhost/health && fail "any user may use $bridge"
    [ "$(setpriv --reuid=agentlocator-whatsapp --regid=agentlocator-whatsapp --clear-groups curl -s -o /dev/null -w '%{http_code}' -X POST \
        --unix-socket $daemon http://localhost/webhook/whatsapp/baileys)" = 403 ] || fail "the bridge does not reach the daemon's webhook"
}

bridge_cannot_read_the_crm() {
    local pid
    pid=$(main_pid agentlocator-whatsapp)
    nsenter -t "$pid" -m -- setpriv --reuid=agentlocator-whatsapp --regid=agentlocator-whatsapp --clear-groups \
        cat $data/agentlocator.db >/dev/null 2>&1 && fail "its user can read the database"
    nsenter -t "$pid" -m -- setpriv --reuid=agentlocator-whatsapp --regid=agentlocator-whatsapp --clear-groups \
        ls /etc/agentlocator/credentials >/dev/null 2>&1 && fail "its user can list the secrets"
    nsenter -t "$pid" -m -- setpriv --reuid=agentlocator-whatsapp --regid=agentlocator-whatsapp --clear-groups \
        touch /var/tmp/x 2>/dev/null && [ -e /var/tmp/x ] && fail "it can write to /var/tmp"
    true
}

copy_is_whole() {
    cp $data/agentlocator.db /t/copy.db || fail "no copy"
    [ "$(sqlite3 /t/copy.db 'PRAGMA integrity_check')" = ok ] || fail "it is damaged"
    [ "$(sqlite3 /t/copy.db "SELECT count(*) FROM messages WHERE direction = 'in' AND provider IS NOT NULL")" -ge 2 ] || fail "messages are missing"
    rm -f /t/copy.db*
}

doctor() {
    # The checks of Twilio, the AI and the certificate fail here, because there is no internet. The checks listed below must pass.
    agentlocator doctor --json >/t/doctor.json
    jq -e . /t/doctor.json >/dev/null || fail "no JSON: $(head -c 2000 /t/doctor.json)"
    local check found
    for check in service folder disk database outbox; do
        found=$(jq -c --arg check "$check" '[.. | objects | select(.check? == $check)]' /t/doctor.json)
        [ "$(jq length <<<"$found")" -gt 0 ] || fail "doctor has no check $check: $(cat /t/doctor.json)"
        [ "$(jq '[.[] | select(.state == "warning" or .state == "error")] | length' <<<"$found")" = 0 ] || fail "$check: $found"
    done
    # The unit hides /proc/sys and passes the boot id; without it each crash would count as a power cut.
    grep -q '^boot .' $data/live/state || fail "the daemon does not know the boot id: $(cat $data/live/state)"
}

# Replaces the database with a backup by mv or cp, without `agentlocator restore`. The file then has root's owner and mode, and the service
# must use it anyway.
roots_backup() {
    local tool backup=/t/backup.db
    for tool in mv cp 'cp -p'; do
        rm -f $backup
        install -m 644 $data/agentlocator.db $backup || fail "no copy"
        # The backup does not contain this token.
        agentlocator token create "after $tool" --role staff >/dev/null || fail "no token"
        systemctl stop agentlocator-{web,http,https,bridge}.socket agentlocator.service
        rm $data/agentlocator.db
        $tool $backup $data/agentlocator.db
        [ "$(stat -c '%U %a' $data/agentlocator.db)" = "root 644" ] || fail "$(stat -c '%U %a' $data/agentlocator.db)"
        systemctl start agentlocator-{web,http,https,bridge}.socket agentlocator.service || fail "it does not start"
        until_true is_ready
        still_there
        is_published() { [ "$(curl -s $base/readyz | jq -r .published_copy)" = ok ]; }
        until_true is_published
        [ "$(stat -c %U $data/agentlocator.db)" = agentlocator ] || fail "$tool: it still belongs to $(stat -c %U $data/agentlocator.db)"
        [ "$(api /api/database | jq -r .notice.event)" = restored ] || fail "$tool: $(api /api/database)"
        curl -sS --fail-with-body -X DELETE -H "Authorization: Bearer $(cat $token_file)" $base/api/database/notice || fail "the notice cannot be deleted"
        rm $data/agentlocator-before-restore-*.db
    done
}

kill_unit() {
    local before after
    before=$(main_pid "$1")
    [ "${before:-0}" -gt 1 ] || fail "$1 does not run"
    kill -9 "$before"
    comes_back() { after=$(main_pid "$1") && [ "$after" -gt 1 ] && [ "$after" != "$before" ] && running "$1"; }
    until_true comes_back "$1"
    until_true is_ready
    still_there
}

still_there() { diff <(everything) $seen || fail "not all is as it was"; }

# load FILE: sends requests as fast as possible until FILE is deleted; records those that got no answer, or an error.
load() {
    local total=0
    while [ -e "$1" ]; do
        curl -sf -o /dev/null --max-time 30 -w '%{time_total}\n' $base/healthz >>"$1.times" || echo "curl ended with $?" >>"$1.bad"
        total=$((total + 1))
    done
    echo $total >>"$1.total"
}

under_load() {
    local flag=/t/load bad
    rm -f $flag*
    touch $flag
    load $flag &
    load $flag &
    "$@" || { rm -f $flag; wait; fail "$* failed"; }
    sleep 1
    rm -f $flag
    wait
    bad=$(cat $flag.bad 2>/dev/null | wc -l)
    slowest=$(sort -n $flag.times | tail -n 1)
    echo "note: $(paste -sd+ $flag.total | bc 2>/dev/null || awk '{ n += $1 } END { print n }' $flag.total) requests, $bad not answered, the slowest after $slowest s"
    [ "$bad" = 0 ] || fail "$bad requests were not answered: $(sort $flag.bad | uniq -c)"
}

restart_under_load() {
    four_times() { for _ in 1 2 3 4; do systemctl restart agentlocator || return 1; done; }
    under_load four_times
    # The container reaches no name server. A restart must not wait for one.
    [ "${slowest%.*}" -lt 5 ] || fail "a request waited $slowest s"
}

wrong_setting() {
    cp -p /etc/agentlocator/config.toml /t/config.kept
    printf '[log]\nlevel = "loud"\n' >>/etc/agentlocator/config.toml
    systemctl reload agentlocator && fail "a wrong setting was taken"
    agentlocator config check >/t/check.txt 2>&1 && fail "the check finds nothing"
    grep -q 'config.toml:[0-9]*:' /t/check.txt || fail "the place is not reported: $(cat /t/check.txt)"
    # Calls are answered with the last settings that worked.
    systemctl restart agentlocator || fail "it does not start with the last settings that worked"
    until_true is_ready
    [ "$(curl -s $base/readyz | jq -r .settings)" = error ] || fail "$(curl -s $base/readyz)"
    cp -p /t/config.kept /etc/agentlocator/config.toml
    systemctl reload agentlocator || fail "it does not take the fixed ones"
    [ "$(curl -s $base/readyz | jq -r .settings)" = ok ] || fail "$(curl -s $base/readyz)"
}

all_is_there() {
    units_run
    still_there
    grep -q 'מספרת דנה' /etc/agentlocator/config.toml || fail "the local edit is gone"
    grep -qx '#WA_LOG_LEVEL=debug' /etc/agentlocator/whatsapp.env || fail "the bridge's local edit is gone"
    [ -s /etc/agentlocator/credentials/twilio-auth-token ] || fail "the secret is gone"
}

# upgrade NAME [OPTION…]: upgrades without a terminal, like an unattended upgrade.
upgrade() { apt-get install -y --no-install-recommends "${@:2}" "/t/$1.deb" </dev/null >/t/apt.log 2>&1; }

upgrade_under_load() {
    under_load upgrade agentlocator
    [ "$(dpkg-query -W -f '${Version}' agentlocator)" = "$(dpkg-deb -f /t/agentlocator.deb Version)" ] || fail "$(cat /t/apt.log)"
    [ -s /var/backups/agentlocator/before-upgrade.db ] || fail "no backup from before the upgrade"
    [ ! -e /usr/lib/agentlocator/previous ] || fail "the old program is still there"
}

downgrade_is_refused() {
    local before
    before=$(main_pid agentlocator)
    apt-get install -y --no-install-recommends --allow-downgrades /t/before.deb >/t/apt.log 2>&1 && fail "it was taken: $(cat /t/apt.log)"
    grep -q 'Nothing was changed' /t/apt.log || fail "$(cat /t/apt.log)"
    [ "$(main_pid agentlocator)" = "$before" ] || fail "the daemon was touched"
    [ "$(dpkg-query -W -f '${Version}' agentlocator)" = "$(dpkg-deb -f /t/agentlocator.deb Version)" ] || fail "dpkg counts another version"
    dpkg --audit | grep . && fail "dpkg is not content"
    all_is_there
}

# Downgrades after a newer program has migrated the database. The package starts no service until the administrator has restored the backup
# from before the upgrade.
downgrade() {
    local before=/var/backups/agentlocator/before-upgrade.db unit
    cp -p $before /t/before.db
    # Only the newer program can back up a database that it has migrated.
    cat >/t/newer <<'S'
#!/bin/sh
case $1 in
--version) echo "agentlocator 99" ;;
backup) sqlite3 /var/lib/agentlocator/live/db.sqlite ".backup $2" ;;
esac
S
    install -m 755 /t/newer /usr/bin/agentlocator
    sqlite3 $data/live/db.sqlite "INSERT INTO refinery_schema_history VALUES (9999, 'from_the_future', '2030-01-01T00:00:00Z', '1')" ||
        fail "the database cannot be changed"
    AGENTLOCATOR_ALLOW_DOWNGRADE=1 upgrade before --allow-downgrades || fail "$(cat /t/apt.log)"
    [ "$(dpkg-query -W -f '${Status} ${Version}' agentlocator)" = "install ok installed 0.0.9" ] || fail "$(cat /t/apt.log)"
    cmp $before /t/before.db || fail "the copy from before the upgrade was changed"
    [ "$(sqlite3 -readonly /var/backups/agentlocator/before-downgrade.db 'SELECT max(version) FROM refinery_schema_history')" = 9999 ] ||
        fail "what the newer one had is not kept"
    for unit in agentlocator agentlocator-whatsapp agentlocator-{web,http,https,bridge}.socket; do
        running "$unit" && fail "$unit runs"
    done
    # Runs the commands that the package printed.
    tr -d '\r' </t/apt.log | sed -n 's/^    sudo //p' >/t/commands
    grep -q "^agentlocator restore --yes /" /t/commands || fail "no command is shown: $(cat /t/apt.log)"
    sh -ex /t/commands || fail "$(cat /t/commands)"
    all_is_there
}

downgrade_with_the_same_data() {
    upgrade agentlocator || fail "$(cat /t/apt.log)"
    AGENTLOCATOR_ALLOW_DOWNGRADE=1 upgrade before --allow-downgrades || fail "$(cat /t/apt.log)"
    tr -d '\r' </t/apt.log | sed -n 's/^    sudo //p' >/t/commands
    [ "$(wc -l </t/commands)" = 1 ] || fail "nothing has to be restored: $(cat /t/apt.log)"
    sh -ex /t/commands || fail "$(cat /t/commands)"
    all_is_there
}

# Downgrades to a package without the unit of the bridge's Unix socket. The socket must not stay open without its unit.
downgrade_to_fewer_sockets() {
    upgrade agentlocator || fail "$(cat /t/apt.log)"
    AGENTLOCATOR_ALLOW_DOWNGRADE=1 upgrade older --allow-downgrades || fail "$(cat /t/apt.log)"
    [ ! -e /usr/lib/systemd/system/agentlocator-bridge.socket ] || fail "the package has its unit"
    systemctl is-active agentlocator-bridge.socket && fail "it is open"
    tr -d '\r' </t/apt.log | sed -n 's/^    sudo //p' >/t/commands
    sh -ex /t/commands || fail "$(cat /t/commands)"
    until_true is_ready
    upgrade agentlocator || fail "$(cat /t/apt.log)"
    all_is_there
}

# Checks an upgrade that fails: the old program runs again, and later runs of dpkg do not retry the failed release.
failing_upgrade() {
    local failed before
    failed=$(dpkg-deb -f "/t/$1.deb" Version)
    upgrade "$1" || fail "apt fails: $(cat /t/apt.log)"
    grep -qF "version $failed FAILED and is not in use" /t/apt.log || fail "$(cat /t/apt.log)"
    agentlocator version >/dev/null || fail "the old program is not back"
    until_true is_ready
    before=$(main_pid agentlocator)
    dpkg --configure -a || fail "dpkg --configure -a fails"
    [ "$(dpkg-query -W -f '${Status} ${Version}' agentlocator)" = "install ok installed $failed" ] || fail "$(dpkg -s agentlocator)"
    [ "$(main_pid agentlocator)" = "$before" ] || fail "it was tried again"
    agentlocator doctor >/t/doctor.txt || true
    grep -qF "version $failed did not start after its installation" /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    all_is_there
}

# Checks for longer than the watchdog's timeout that the watchdog does not restart a healthy bridge.
bridge_watchdog_is_quiet() {
    local before
    before=$(main_pid agentlocator-whatsapp)
    sleep 60
    [ "$(main_pid agentlocator-whatsapp)" = "$before" ] || fail "the watchdog ended a bridge that was well"
}

# Stops the bridge with SIGSTOP, so that it cannot exit by itself and only the watchdog can restart it.
hanging_bridge() {
    local before after
    before=$(main_pid agentlocator-whatsapp)
    kill -STOP "$before"
    is_restarted() { after=$(main_pid agentlocator-whatsapp) && [ "$after" -gt 1 ] && [ "$after" != "$before" ] && running agentlocator-whatsapp; }
    for _ in 1 2 3; do (until_true is_restarted) >/dev/null && break; done
    is_restarted || fail "it is not restarted: $(systemctl status agentlocator-whatsapp --no-pager)"
    journalctl -u agentlocator-whatsapp -n 20 --no-pager -o cat | grep -i 'watchdog timeout' || fail "not by the watchdog"
}

bridge_without_daemon() {
    local drop=/run/systemd/system/agentlocator.service.d
    systemctl stop agentlocator-{web,http,https,bridge}.socket agentlocator.service agentlocator-whatsapp.service
    mkdir -p $drop
    printf '[Service]\nExecStart=\nExecStart=/bin/false\n' >$drop/fails.conf
    systemctl daemon-reload
    /var/lib/dpkg/info/agentlocator.postinst configure "$(dpkg-query -W -f '${Version}' agentlocator)" >/t/postinst.log 2>&1
    grep -q 'it does not start: .*agentlocator.service' /t/postinst.log || fail "$(cat /t/postinst.log)"
    running agentlocator-whatsapp || fail "the bridge is $(systemctl is-active agentlocator-whatsapp): $(cat /t/postinst.log)"
    rm -r $drop
    systemctl daemon-reload
    systemctl restart agentlocator.service
    all_is_there
}

# Gives the settings file an unknown group, as after `cp -a` of /etc from a machine where the service's group has another id.
foreign_ids() {
    chgrp 12345 /etc/agentlocator/config.toml
    agentlocator doctor >/t/doctor.txt && fail "doctor finds no error: $(cat /t/doctor.txt)"
    grep -q 'user cannot read /etc/agentlocator/config.toml' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    systemctl stop agentlocator-{web,http,https,bridge}.socket agentlocator.service
    agentlocator doctor --fix --yes >/t/doctor.txt 2>&1
    [ "$(stat -c '%G %a' /etc/agentlocator/config.toml)" = "agentlocator 640" ] || fail "$(cat /t/doctor.txt)"
    systemctl start agentlocator-{web,http,https,bridge}.socket agentlocator.service || fail "it does not start"
    all_is_there
}

# Mounts an empty disk over the data folder. The service must wait for its data, and must not begin a new installation.
data_is_missing() {
    systemctl stop agentlocator-{web,http,https,bridge}.socket agentlocator.service
    mount -t tmpfs -o size=64M tmpfs $data || fail "no disk"
    systemctl start --no-block agentlocator.service
    is_reported() { journalctl -u agentlocator -n 20 --no-pager -o cat | grep -q 'There was data in'; }
    (until_true is_reported) || { umount $data; fail "it is not reported"; }
    agentlocator setup >/t/setup.txt 2>&1 && { umount $data; fail "a new installation was begun: $(cat /t/setup.txt)"; }
    agentlocator doctor >/t/doctor.txt
    umount $data
    grep -q 'There was data in' /t/setup.txt || fail "$(cat /t/setup.txt)"
    grep -q 'There was data in' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    # The service starts by itself once its data is visible again.
    until_true running agentlocator.service
    systemctl stop agentlocator.service
    systemctl start agentlocator-{web,http,https,bridge}.socket agentlocator.service
    all_is_there
}

# Replaces the data folder by a symbolic link. systemd does not start the service then, and doctor reports the remedy.
data_is_a_link() {
    systemctl stop agentlocator-{web,http,https,bridge}.socket agentlocator.service
    mv $data $data-elsewhere
    ln -s $data-elsewhere $data
    agentlocator doctor >/t/doctor.txt
    rm $data
    mv $data-elsewhere $data
    grep -q 'is a link to .*with which systemd does not start the service' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    systemctl start agentlocator-{web,http,https,bridge}.socket agentlocator.service
    all_is_there
}

# Upgrades to a package with a changed settings file of the bridge. The administrator has changed the file too, and that version must stay.
upgrade_after_failure() {
    upgrade after -o Dpkg::Options::=--force-confold || fail "$(cat /t/apt.log)"
    grep -q '^# Other words' /etc/agentlocator/whatsapp.env.dpkg-dist || fail "the new settings are not beside ours"
    all_is_there
}

# Checks that an upgrade changes nothing if the disk of the backups has too little space.
upgrade_without_room() {
    local before
    before=$(main_pid agentlocator)
    mount -t tmpfs -o size=60M tmpfs /var/backups/agentlocator || fail "no disk"
    upgrade after && { umount /var/backups/agentlocator; fail "it was taken: $(cat /t/apt.log)"; }
    umount /var/backups/agentlocator
    grep -q 'MiB free in /var/backups/agentlocator .*Nothing was changed' /t/apt.log || fail "$(cat /t/apt.log)"
    [ "$(main_pid agentlocator)" = "$before" ] || fail "the daemon was touched"
}

nothing_of_roots() {
    systemctl stop agentlocator.service agentlocator-{web,http,https,bridge}.socket
    agentlocator user add noa --role staff <<<"another password" || fail "no user"
    local roots
    roots=$(find $data -user root)
    systemctl start agentlocator-{web,http,https,bridge}.socket agentlocator.service
    [ -z "$roots" ] || fail "root's: $roots"
    until_true is_ready
}

remove_keeps() {
    apt-get remove -y agentlocator >/t/apt.log 2>&1 || fail "$(cat /t/apt.log)"
    [ -s $data/agentlocator.db ] || fail "the data is gone"
    [ -s /etc/agentlocator/config.toml ] || fail "the settings are gone"
    curl -s --max-time 2 $base/healthz && fail "something still answers"
    pgrep -x agentlocator && fail "it still runs"
    [ ! -e /usr/lib/agentlocator ] || fail "$(ls -R /usr/lib/agentlocator)"
}

# Purges the package while /var/backups is full and the data folder is a separate disk. The data must not be deleted.
purge_without_room() {
    local old=$data.old status=0
    systemctl stop agentlocator-{web,http,https,bridge}.socket agentlocator.service
    mv $data $old
    mkdir $data
    { mount -t tmpfs -o size=200M tmpfs $data && cp -a $old/. $data/ && mount -t tmpfs -o size=64k tmpfs /var/backups; } || fail "no disks"
    apt-get purge -y agentlocator >/t/apt.log 2>&1 && status=1
    [ -s $data/agentlocator.db ] && [ -s $data/live/db.sqlite ] || fail "the data is gone: $(cat /t/apt.log)"
    [ -z "$(ls /var/backups)" ] || fail "a stump is left: $(ls -l /var/backups)"
    grep -q 'nothing was deleted' /t/apt.log || fail "$(cat /t/apt.log)"
    umount /var/backups
    [ "$status" = 0 ] || fail "it counts as done: $(cat /t/apt.log)"
    rm -rf $old
}

data_disk_is_empty() {
    mountpoint -q $data || fail "it is no disk any more"
    [ -z "$(ls -A $data)" ] || fail "$(ls -lA $data)"
    umount $data && rmdir $data
}

links_lead_somewhere() {
    local guides=/usr/share/doc/agentlocator file target
    find $guides -name '*.md' | while read -r file; do
        grep -o '](\([^)]*\))' "$file" | sed 's/^](//; s/)$//; s/#.*//' | grep -v :// | while read -r target; do
            [ -z "$target" ] || [ -e "$(dirname "$file")/$target" ] || echo "$file: $target"
        done
    done >/t/links
    [ ! -s /t/links ] || fail "$(cat /t/links)"
}

measures() {
    local daemon bridge started
    daemon=$(main_pid agentlocator) bridge=$(main_pid agentlocator-whatsapp)
    rss() { awk '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } END { printf "%d KiB (%d shared out)", rss, pss }' "/proc/$1/smaps_rollup"; }
    started=$(($(systemctl show -p ActiveEnterTimestampMonotonic --value agentlocator) - $(systemctl show -p InactiveExitTimestampMonotonic --value agentlocator)))
    echo "idle memory: daemon $(rss "$daemon"), bridge $(rss "$bridge"); started to ready $((started / 1000)) ms"
}

"$@"
