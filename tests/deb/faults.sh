# shellcheck shell=bash disable=SC2064 # a trap runs when the variables of its function are gone
# Faults of the daemon's environment, inside the container, such as a stopped journal, a port in use, invalid settings, a clock that is
# behind, and a full disk. Sourced by inside.sh, and uses its functions.

readonly -a sockets=(agentlocator-{web,http,https,bridge}.socket)
readonly settings=/etc/agentlocator/config.toml
readonly credentials=/etc/agentlocator/credentials

stop_all() { systemctl stop "${sockets[@]}" agentlocator.service; }
start_all() { systemctl start "${sockets[@]}" agentlocator.service; }

# signature_of PATH NAME=VALUE…: prints Twilio's signature of a form that is sent to this path of the public base URL.
signature_of() {
    local text
    text=$base$1$(printf '%s\n' "${@:2}" | LC_ALL=C sort | sed 's/=//' | tr -d '\n')
    printf %s "$text" | openssl dgst -sha1 -hmac "$twilio_token" -binary | base64
}

# fields_of_call: sets `fields` to the form fields of the webhooks of a new call from a random number.
fields_of_call() {
    fields=("AccountSid=AC00000000000000000000000000000001" "CallSid=CA$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
        "From=+97250$(printf %07d $((RANDOM * 300 + RANDOM % 300)))" "To=+97235551234")
}

# signed PATH NAME=VALUE… [-- CURL-OPTION…]: posts a form as Twilio does, signed for the public base URL, and prints the answer.
# If $origin is set, the form is sent to that address instead.
signed() {
    local path=$1 signature pair
    local -a pairs=() options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do pairs+=("$1"); shift; done
    [ $# = 0 ] || options=("${@:2}")
    signature=$(signature_of "$path" "${pairs[@]}")
    for pair in "${pairs[@]}"; do options+=(--data-urlencode "$pair"); done
    curl -sS --fail-with-body --max-time 5 -H "X-Twilio-Signature: $signature" "${options[@]}" "${origin:-$base}$path"
}

# phone_works [CURL-OPTION…]: sends the webhooks of a call that begins and ends. Checks that the call gets TwiML with a
# media stream.
phone_works() {
    local fields
    fields_of_call
    signed /webhook/incoming_call "${fields[@]}" CallStatus=ringing -- "$@" >/t/twiml || fail "no answer to a call: $(cat /t/twiml)"
    grep -q '<Stream ' /t/twiml || fail "$(cat /t/twiml)"
    signed /webhook/call_status "${fields[@]}" CallStatus=completed CallDuration=1 -- "$@" || fail "no answer to the status of a call"
}

# Adds the calls and messages of a check to the state that later checks compare with. Fails if an older record is missing.
remember() {
    local lost
    calls_have_ended() { [ "$(api /api/calls | jq '[.calls[] | select(.state != "ended")] | length')" = 0 ]; }
    until_true calls_have_ended
    everything >/t/now
    lost=$(comm -23 <(grep '"id"' $seen | sort) <(grep '"id"' /t/now | sort))
    [ -z "$lost" ] || fail "this is lost: $lost"
    mv /t/now $seen
}

# --- A journal that stops ----------------------------------------------------------------------------------------------------------

readonly posts=/t/posts

# write_posts SECONDS: writes curl settings for fifty messages per second from five senders, with the bridge's signatures.
write_posts() {
    local secret
    secret=$(cat $credentials/wa-shared-secret)
    rm -rf $posts
    mkdir $posts
    awk -v count=$(($1 * 50)) -v run="$RANDOM$RANDOM" -v folder=$posts 'BEGIN {
        for (i = 0; i < count; i++) {
            file = folder "/" i ".json"
            printf "{\"from\":\"97250200000%d\",\"text\":\"%d\",\"id\":\"%s-%d\"}", i % 5, i, run, i >file
            close(file)
        }
    }'
    printf '%s\n' $posts/*.json | xargs openssl dgst -sha256 -hmac "$secret" -r | awk -v folder=$posts -v base=$base '{
        file = substr($2, 2)
        number = file
        gsub(/.*\/|\.json/, "", number)
        config = folder "/" number % 5
        if (seen[config]++) print "next" >config
        print "url = \"" base "/webhook/whatsapp/baileys\"\ndata-binary = \"@" file "\"\nheader = \"X-BAILEYS-SIGNATURE: " $1 "\"" >config
        print "header = \"Content-Type: application/json\"\noutput = \"/dev/null\"\nmax-time = 30" >config
        print "write-out = \"%{http_code} %{time_total}\\n\"" >config
    }'
}

# write_calls COUNT: writes curl settings for the signed webhooks of this many calls. Each call has two webhooks: its begin and its end.
write_calls() {
    local webhook path pair fields
    for _ in $(seq "$1"); do
        fields_of_call
        for webhook in incoming_call=ringing call_status=completed; do
            path=/webhook/${webhook%=*}
            [ ! -s $posts/calls ] || echo next
            printf 'url = "%s"\nheader = "X-Twilio-Signature: %s"\n' "$base$path" \
                "$(signature_of "$path" "${fields[@]}" "CallStatus=${webhook#*=}")"
            for pair in "${fields[@]}" "CallStatus=${webhook#*=}"; do printf 'data-urlencode = "%s"\n' "$pair"; done
            printf 'output = "/dev/null"\nmax-time = 30\nwrite-out = "%%{http_code} %%{time_total}\\n"\n'
        done >>$posts/calls
    done
}

# post_messages SECONDS: posts the messages. Meanwhile sends the webhooks of the calls, and requests /livez, which fills the log at level
# debug. Writes a line with the status and the seconds of each answer to /t/answers.
post_messages() {
    local sender
    local -a running=() ask=(curl -s --max-time 30 -o /dev/null -w '%{http_code} %{time_total}\n')
    for sender in 0 1 2 3 4; do
        curl -s --rate 10/s --config $posts/$sender >/t/answers.$sender &
        running+=($!)
    done
    curl -s --rate 2/s --config $posts/calls >/t/answers.calls &
    running+=($!)
    "${ask[@]}" --rate 200/s "$base/livez?[1-$(($1 * 200))]" >/t/answers.livez &
    running+=($!)
    wait "${running[@]}"
    cat /t/answers.? /t/answers.calls /t/answers.livez >/t/answers
}

# judge_answers LIMIT COUNT: prints the number of answers and of failures, and the longest time. Returns 1 if an answer failed or fewer
# than COUNT arrived, and 2 if an answer took longer than LIMIT ms.
judge_answers() {
    awk -v limit="$1" -v wanted="$2" '
        { ms = $2 * 1000; if (ms > slowest) slowest = ms }
        $1 != 200 && $1 != 204 { failed++ }
        END { printf "%d answers, %d failed, the slowest after %d ms\n", NR, failed, slowest; exit failed || NR < wanted ? 1 : slowest > limit ? 2 : 0 }' /t/answers
}

dropped_lines() { curl -s $base/metrics | awk '$1 == "agentlocator_log_lines_dropped_total" { print $2 }'; }
reported_lines() { journalctl -u agentlocator EVENT=LOG_DROPPED -o json | jq -s 'map(.COUNT | tonumber) | add // 0'; }

# Stops journald for a minute, so that it does not read the daemon's log lines. No answer may take more than 100 ms. On a slow machine, the
# longest time with a running journal is added to this limit. A minute that is too slow is repeated once, because other programs use the
# machine too.
stopped_journal() {
    local daemon journal control limit status=0 dropped reported before caller
    cp -p $settings /t/config.kept
    printf '[log]\nlevel = "debug"\n' >>$settings
    systemctl reload agentlocator || fail "no reload"
    daemon=$(main_pid agentlocator) journal=$(main_pid systemd-journald)
    dropped=$(dropped_lines) reported=$(reported_lines)
    write_posts 20
    write_calls 20
    post_messages 20
    control=$(judge_answers 1000 $((20 * 252))) || fail "the load does not work, or this machine is too busy: $control"
    echo "note: with the journal: $control"
    limit=$(awk '{ ms = 1000 * $2; if (ms > most) most = ms } END { print (most > 100) ? 100 + int(most) : 100 }' /t/answers)
    trap "kill -CONT $journal" EXIT
    for _ in 1 2; do
        write_posts 60
        write_calls 60
        before=$(dropped_lines) status=0
        agentlocator simulate call --from +972501112266 --script 'say 2s; listen; wait 40s' >/t/call.txt 2>&1 &
        caller=$!
        kill -STOP "$journal"
        post_messages 60
        kill -CONT "$journal"
        wait "$caller" || fail "the call failed: $(tail -n 5 /t/call.txt)"
        judge_answers "$limit" $((60 * 252)) >/t/judged || status=$?
        echo "note: without it: $(cat /t/judged), $(($(dropped_lines) - before)) lines dropped"
        [ $status = 2 ] || break
    done
    [ $status = 0 ] || fail "an answer failed, is missing, or took more than $limit ms in both minutes: $(cat /t/judged)"
    [ "$(main_pid agentlocator)" = "$daemon" ] || fail "the watchdog ended the daemon"
    [ "$(dropped_lines)" -gt "$before" ] || fail "no line was dropped, so the queue was never full"
    all_are_reported() { [ $(($(reported_lines) - reported)) = $(($(dropped_lines) - dropped)) ]; }
    until_true all_are_reported
    cp -p /t/config.kept $settings
    systemctl reload agentlocator || fail "no reload"
    remember
    [ "$(grep -c '"peer_number": "+97250200000[0-4]"' $seen)" = 5 ] || fail "$(cat $seen)"
}

# --- A port in use by another program -----------------------------------------------------------------------------------------------

# Starts the daemon while another program uses port 8080. systemd still passes ports 80 and 443, so calls are answered. Then tries both
# remedies that doctor names: another port, as the guide describes, and stopping the other program.
taken_port() {
    local other unit command drop=/etc/systemd/system/agentlocator-web.socket.d
    stop_all
    perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0) && setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1) &&
        bind(S, sockaddr_in(8080, INADDR_ANY)) && listen(S, 9) or die $!; sleep 600' &
    other=$!
    trap "kill $other" EXIT
    is_taken() { ss -ltnH 'sport = :8080' | grep -q .; }
    until_true is_taken
    # agentlocator-web.socket fails, because its port is in use.
    for unit in "${sockets[@]}" agentlocator.service; do systemctl start "$unit"; done
    running agentlocator.service || fail "the daemon does not start: $(systemctl status agentlocator.service)"
    running agentlocator-web.socket && fail "$(systemctl status agentlocator-web.socket)"
    origin=https://127.0.0.1 phone_works -k
    [ "$(curl -s http://127.0.0.1/livez)" = ok ] || fail "port 80 does not answer"
    journalctl -u agentlocator EVENT=LISTENER_CLOSED -n 1 --no-pager -o cat | grep 8080 || fail "the closed listener is not logged"
    agentlocator doctor >/t/doctor.txt
    grep 'agentlocator-web.socket could not take port 8080: another program uses it' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    grep 'give AgentLocator another one (/usr/share/doc/agentlocator/admin/install.md)' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    mkdir $drop
    sed -n '/^To use another port than 8080/,/^Daemon and/p' /usr/share/doc/agentlocator/admin/install.md | sed -n '/^\[Socket\]/,/^```/p' |
        grep -v '^```' >$drop/override.conf
    grep -q 9000 $drop/override.conf || fail "the guide has no example of another port"
    systemctl daemon-reload
    command=$(grep "^sudo systemctl stop 'agentlocator" /usr/share/doc/agentlocator/admin/install.md | sed 's/sudo //g')
    [ -n "$command" ] && sh -exc "$command" || fail "the guide's way fails: $command"
    [ "$(curl -s http://127.0.0.1:9000/livez)" = ok ] || fail "port 9000 does not answer"
    agentlocator doctor | grep 'could not take port' && fail "doctor still finds it"
    rm -r $drop
    systemctl daemon-reload

    command=$(grep -o '`systemctl stop .agentlocator\*.socket[^`]*`' /t/doctor.txt | tr -d '`')
    kill $other
    trap - EXIT
    [ -n "$command" ] && sh -exc "$command" || fail "the remedy fails: $command"
    units_run
    agentlocator doctor | grep 'could not take port' && fail "doctor still finds it"
    remember
}

# --- Wrong settings when the machine starts ------------------------------------------------------------------------------------------

misspell_a_setting() {
    cp -p $settings /t/config.kept
    printf '[voice]\nmax_cal_s = 900\n' >>$settings
}

empty_a_secret() {
    : >$credentials/twilio-auth-token
    (umask 077 && echo sk-test >$credentials/openai_api_key)
}

# uses_last_settings REASON: checks that the daemon answers calls with the last settings and secrets that worked, and that readyz, systemd,
# the alerts, `config check` and doctor report the error.
uses_last_settings() {
    local shown
    units_run
    phone_works
    [ "$(curl -s $base/readyz | jq -r '.settings + " " + .twilio_secrets')" = "error ok" ] || fail "$(curl -s $base/readyz)"
    shown=$(systemctl show -p StatusText --value agentlocator)
    echo "$shown" | grep 'last settings that worked' || fail "systemd shows: $shown"
    is_raised() { api /api/alerts | jq -r '.items[] | select(.kind == "settings_rejected") | .detail.en' | grep -F "$1"; }
    until_true is_raised "$1"
    agentlocator config check >/t/check.txt 2>&1 && fail "the check finds nothing"
    grep -F "$1" /t/check.txt || fail "$(cat /t/check.txt)"
    agentlocator doctor >/t/doctor.txt
    grep 'the last settings that worked' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
}

# Repairs a misspelt setting as the guide describes: corrects it, and reloads.
misspelt_after_boot() {
    uses_last_settings 'did you mean max_call_s?'
    cp -p /t/config.kept $settings
    systemctl reload agentlocator || fail "no reload"
    [ "$(curl -s $base/readyz | jq -r .settings)" = ok ] || fail "$(curl -s $base/readyz)"
    remember
}

# Repairs an empty secret as the guide describes: writes the file, and restarts.
empty_secret_after_boot() {
    uses_last_settings 'twilio-auth-token is empty'
    echo $twilio_token >$credentials/twilio-auth-token
    agentlocator config check >/t/check.txt 2>&1 || fail "$(cat /t/check.txt)"
    grep 'the credential openai_api_key is not used.*openai-api-key?' /t/check.txt || fail "$(cat /t/check.txt)"
    rm $credentials/openai_api_key
    systemctl restart agentlocator || fail "no restart"
    [ "$(curl -s $base/readyz | jq -r .settings)" = ok ] || fail "$(curl -s $base/readyz)"
    remember
}

# --- Commands of root ---------------------------------------------------------------------------------------------------------------

# Runs commands as root without database_url in the settings, in a folder that contains a folder `data`. They must use the service's
# database, and not ./data, even while the service is stopped.
roots_commands() {
    local folder=/t/roots count
    count=$(sqlite3 -readonly $data/agentlocator.db 'SELECT count(*) FROM messages')
    cp -p $settings /t/config.kept
    sed -i '/^database_url/d' $settings
    rm -rf $folder
    mkdir -p $folder/data
    cd $folder || exit 1
    agentlocator setup >$folder/setup.txt 2>&1 && fail "a code: $(cat $folder/setup.txt)"
    grep 'there is an owner already' $folder/setup.txt || fail "$(cat $folder/setup.txt)"
    agentlocator backup $folder/running.db || fail "no backup"
    stop_all
    agentlocator backup $folder/stopped.db || fail "no backup while the service is stopped"
    agentlocator setup >$folder/setup.txt 2>&1 && fail "a code while the service is stopped"
    for copy in running stopped; do
        [ "$(sqlite3 $folder/$copy.db 'SELECT count(*) FROM messages')" = "$count" ] || fail "$copy.db is of another database"
    done
    agentlocator restore --yes $folder/stopped.db || fail "no restore"
    start_all
    [ -z "$(ls -A $folder/data)" ] || fail "$(ls -l $folder/data)"
    cp -p /t/config.kept $settings
    systemctl reload agentlocator || fail "no reload"
    all_is_there
}

# --- Another disk -------------------------------------------------------------------------------------------------------------------

# Moves the data to another disk with the commands of the guide, and then moves it back.
move_to_another_disk() {
    mkdir /mnt/disk
    sed -n '/^## To another disk/,/^## When/p' /usr/share/doc/agentlocator/admin/move.md | sed -n '/^```sh/,/^```/p' | grep -v '^```' |
        sed 's/sudo //g' >/t/commands
    bash -ex /t/commands || fail "$(cat /t/commands)"
    mountpoint -q $data || fail "$data is no mount"
    all_is_there
    stop_all
    umount $data
    rm -r $data
    mv /mnt/disk/agentlocator $data
    rmdir /mnt/disk
    sed -i "\\|$data|d" /etc/fstab
    systemctl daemon-reload
    start_all
    all_is_there
}

# --- The clock ------------------------------------------------------------------------------------------------------------------------

# Starts the service with a clock that is a year behind, as on a machine without a clock battery. The service waits briefly for a time
# server, then answers calls and reports the wrong clock. After the clock is corrected, /readyz reports `ok`.
clock_behind() {
    local drop=/run/systemd/system/agentlocator.service.d library
    library=$(echo /usr/lib/*/faketime/libfaketime.so.1)
    cp -p $settings /t/config.kept
    printf '[alerts]\nsettle_s = 0\n' >>$settings
    stop_all
    mkdir -p $drop
    printf '[Service]\nEnvironment=LD_PRELOAD=%s FAKETIME=-365d DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1\n' "$library" >$drop/clock.conf
    systemctl daemon-reload
    start_all || fail "it does not start"
    clock_is() { [ "$(curl -s $base/readyz | jq -r .clock)" = "$1" ]; }
    until_true clock_is error
    journalctl -u agentlocator EVENT=CLOCK_BEHIND -n 1 --no-pager -o cat | grep . || fail "the journal does not say it"
    agentlocator doctor >/t/doctor.txt
    grep 'a time that has passed already' /t/doctor.txt || fail "$(cat /t/doctor.txt)"
    curl -s $base/webhook/incoming_call | grep -q '<Stream ' || fail "no phone"
    rm -r $drop
    systemctl daemon-reload
    systemctl restart agentlocator.service || fail "no restart"
    until_true clock_is ok
    cp -p /t/config.kept $settings
    all_is_there
}

# --- A proxy that is not named --------------------------------------------------------------------------------------------------------

# Logs in through a proxy on another machine that trusted_proxies does not list. The error must name the setting that the administrator has
# to add, and the login must work once it is added.
unnamed_proxy() {
    local address=203.0.113.7
    ip addr add $address/32 dev lo
    trap "ip addr del $address/32 dev lo" EXIT
    log_in() {
        curl -s --interface $address -H 'X-Forwarded-For: 198.51.100.9' "$@" -H 'Content-Type: application/json' \
            -d '{"name":"dana","password":"a long password"}' http://$address:8080/api/login
    }
    log_in -H 'X-Forwarded-Proto: https' >/t/body
    [ "$(jq -r '.error.code + " " + .error.params.reason' /t/body)" = "https_required proxy_not_named" ] || fail "$(cat /t/body)"
    jq -r .error.message /t/body | grep -F "trusted_proxies = [\"$address\"]" || fail "$(cat /t/body)"
    cp -p $settings /t/config.kept
    sed -i "s/^\[http\]$/[http]\ntrusted_proxies = [\"$address\"]/" $settings
    agentlocator reload || fail "no reload"
    log_in -H 'X-Forwarded-Proto: https' >/t/body
    [ "$(jq -r .user.name /t/body)" = dana ] || fail "$(cat /t/body)"
    cp -p /t/config.kept $settings
    agentlocator reload
}

# --- A restart in a call --------------------------------------------------------------------------------------------------------------

# ring: sends the signed webhooks of a new call and of its end. Prints the status and the seconds of each answer. The first status is 0 if
# the TwiML has neither a media stream nor a recording, because the caller then hears nothing.
ring() {
    local fields answer
    fields_of_call
    answer=$(signed /webhook/incoming_call "${fields[@]}" CallStatus=ringing -- --max-time 20 -o /t/twiml -w '%{http_code} %{time_total}')
    grep -qE '<(Stream|Record) ' /t/twiml || answer="0 0"
    echo "$answer"
    signed /webhook/call_status "${fields[@]}" CallStatus=completed CallDuration=1 -- --max-time 20 -w '%{http_code} %{time_total}\n'
}

# Restarts the daemon during a call. The caller in the call is redirected to the voicemail recorder. New callers are answered immediately,
# while the old process drains its calls and afterwards.
restart_in_call() {
    local caller slowest started_at before
    before=$(main_pid agentlocator)
    started_at=$(date '+%F %T')
    agentlocator simulate call --from +972501112277 --script 'say 2s; listen; wait 60s' >/t/call.txt 2>&1 &
    caller=$!
    is_live() { journalctl -u agentlocator --since "$started_at" EVENT=CALL_LIVE -o cat | grep .; }
    until_true is_live
    systemctl restart --no-block agentlocator || fail "no restart"
    until [ "$(main_pid agentlocator)" != "$before" ] && is_ready; do
        ring
    done >/t/answers
    wait "$caller" || fail "the caller is left alone: $(tail -n 5 /t/call.txt)"
    grep -q 'records: the caller speaks' /t/call.txt || fail "no recorder: $(cat /t/call.txt)"
    slowest=$(judge_answers 3000 20) || fail "$slowest"
    echo "note: new callers: $slowest"
    remember
}

# --- No disk space for the program ------------------------------------------------------------------------------------------------------------

# Upgrades with too little disk space for the program. The error must name the required and the available space, and nothing is changed.
upgrade_without_room_for_the_program() {
    local lib=/usr/lib/agentlocator before
    before=$(main_pid agentlocator)
    mkdir /t/lib
    cp -a $lib/. /t/lib
    mount -t tmpfs -o size=$(($(du -sk /t/lib | cut -f1) + 1024))k tmpfs $lib || fail "no disk"
    trap "umount $lib" EXIT
    cp -a /t/lib/. $lib
    upgrade after && fail "it was taken: $(cat /t/apt.log)"
    tr -s ' \r\n' ' ' </t/apt.log | grep 'MiB in /usr/lib/agentlocator, and .* are free there. Free some space, and install the package again. Nothing was changed' ||
        fail "$(cat /t/apt.log)"
    [ -x $lib/node ] && [ ! -e $lib/previous ] || fail "$(ls -l $lib)"
    [ "$(main_pid agentlocator)" = "$before" ] || fail "the daemon was touched"
    rm -r /t/lib
}
