#!/bin/bash
# Runs in the virtual machine at each boot. Prints the messages that survived, then posts messages and prints each acknowledgement. With the
# kernel argument box.disk=read-only it instead remounts the disk read-only and then writable, and prints how the daemon answered.
set -u
readonly data=/var/lib/agentlocator
if ! dpkg -s agentlocator 2>/dev/null | grep -q '^Status: install ok installed'; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /t/agentlocator.deb 2>&1 | tail -n 3
fi
for _ in $(seq 600); do
    curl -s -o /dev/null --max-time 5 http://127.0.0.1:8080/readyz && break
    sleep 0.2
done
ids="SELECT provider_msg_id FROM messages WHERE provider_msg_id LIKE 'cut-%'"
cp $data/agentlocator.db /t/copy.db
echo "COPY $(sqlite3 /t/copy.db 'PRAGMA integrity_check')"
sqlite3 /t/copy.db "$ids" | sed 's/^/COPIED /'
rm -f /t/copy.db
echo "INTEGRITY $(sqlite3 -readonly $data/live/db.sqlite 'PRAGMA integrity_check')"
sqlite3 -readonly $data/live/db.sqlite "$ids" | sed 's/^/HAS /'
echo BEGIN
boot=$(cat /proc/sys/kernel/random/boot_id)
secret=$(cat /etc/agentlocator/credentials/wa-shared-secret)
# post ID PERSON: posts a message with this id from this sender (a digit), and prints the HTTP status of the answer.
post() {
    curl -s -o /dev/null --max-time 60 -w '%{http_code}' -H "X-BAILEYS-SECRET: $secret" -H 'Content-Type: application/json' \
        -d "{\"from\":\"97250111$2$2$2$2\",\"text\":\"$1\",\"id\":\"$1\"}" http://127.0.0.1:8080/webhook/whatsapp/baileys
}

# until_it_is STATUS PATH: requests the path every half second until the daemon answers with this HTTP status, at most 120 times. Prints the
# last status.
until_it_is() {
    local expected=$1 status _
    for _ in $(seq 120); do
        status=$(curl -s -o /dev/null --max-time 10 -w '%{http_code}' "http://127.0.0.1:8080$2")
        [ "$status" = "$expected" ] && break
        sleep 0.5
    done
    echo "$status"
}

sound() { sqlite3 "file:$1?immutable=1" 'PRAGMA integrity_check'; }

if grep -q box.disk=read-only /proc/cmdline; then
    before=$(post "cut-$boot-ro-1" 1)
    # SysRq `u` remounts the disk read-only immediately, even if files are open for writing. The kernel does the same when a disk fails.
    echo u >/proc/sysrq-trigger
    for _ in $(seq 100); do
        grep -q '^[^ ]* / ext4 ro' /proc/mounts && break
        sleep 0.2
    done
    refused=$(post "cut-$boot-ro-2" 1)
    ready=$(until_it_is 503 /readyz)
    cp $data/agentlocator.db /run/copy.db
    echo "READONLY message $refused, ready $ready, sound $(sound /run/copy.db)"
    mount -o remount,rw /
    ready=$(until_it_is 200 /readyz)
    taken=$(post "cut-$boot-ro-3" 1)
    cp $data/agentlocator.db /run/copy.db
    kept=$(sqlite3 "file:/run/copy.db?immutable=1" "SELECT group_concat(substr(provider_msg_id, -4), ' ') FROM
        (SELECT provider_msg_id FROM messages WHERE provider_msg_id LIKE 'cut-$boot-ro-%' ORDER BY 1)")
    [ "$before $kept" = "204 ro-1 ro-3" ] && kept="kept all" || kept="kept $kept after $before"
    echo "AGAIN message $taken, ready $ready, sound $(sound /run/copy.db), $kept"
    exit
fi

write() {
    local n=0 id
    while :; do
        n=$((n + 1)) id=cut-$boot-$1-$n
        [ "$(post "$id" "$1")" = 204 ] && echo "ACK $id"
    done
}
write 1 &
write 2 &
wait
