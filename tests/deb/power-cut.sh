#!/usr/bin/env bash
# Cuts the power of a whole virtual machine in the middle of writes: tests/deb/power-cut.sh [CUTS]
#
# A container cannot test a power cut: data in the host kernel's page cache survives when the container is killed. So QEMU boots
# Debian's kernel with the package, in emulation, which is slow but needs no hardware support. The virtual machine posts messages as fast
# as the daemon accepts them, and reports each acknowledged message over a serial line. Then QEMU is killed, and so is nbdkit, which serves
# the disk. nbdkit keeps written data in a cache until the guest flushes it, so unflushed data is lost, as in a real drive. After the next
# boot the database and the published copy must be intact and contain all acknowledged messages.
#
# The last check remounts the disk of the same virtual machine read-only, as a kernel does after a disk error, and then writable again.
#
# DEB=FILE selects the package (default: the newest in target/debian). Exit status: 0 if all checks passed, 1 if a check failed, 2 if the
# test could not start, 77 if this machine lacks root or a tool.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/deb/machine.sh
. tests/deb/checks.sh

cuts=${1:-3} suite=bookworm
for tool in mmdebstrap mke2fs unshare; do
    if [ "$(id -u)" != 0 ] || ! command -v $tool >/dev/null; then
        echo "== power cuts: SKIPPED, this machine lacks root or $tool =="
        exit 77
    fi
done
# shellcheck disable=SC2012
DEB=${DEB:-$(ls -t target/debian/*.deb 2>/dev/null | head -n 1)}
[ -f "$DEB" ] || { echo "power-cut: no package; make deb" >&2; exit 2; }
began=$(now)
mkdir -p "$MACHINE_CACHE"
MACHINE_WORK=$(mktemp -d "$MACHINE_CACHE/cut.XXXXXX")
QEMU='' DRIVE=''
end() {
    power_off
    if [ -n "${KEEP:-}" ]; then echo "kept $MACHINE_WORK"; else rm -rf --one-file-system "$MACHINE_WORK"; fi
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Installs QEMU in a separate root file system, so that it does not conflict with installed packages.
emulator() {
    local root=$MACHINE_CACHE/emulator-$suite
    if [ ! -e "$root/.made" ]; then
        rm -rf --one-file-system "$root"
        bootstrap directory "$suite" "$root" qemu-system-x86 seabios nbdkit || exit 2
        mkdir -p "$root/vm"
        touch "$root/.made"
    fi
    EMULATOR=$root
}

guest() {
    local packages="systemd systemd-sysv dbus init-system-helpers iproute2 curl procps sqlite3 initramfs-tools linux-image-cloud-amd64 ca-certificates libstdc++6"
    local tar root=$MACHINE_WORK/guest
    # shellcheck disable=SC2086
    tar=$(machine_tar "guest-$suite" "$suite" $packages) || { echo "$tar"; exit 2; }
    mkdir "$root" "$MACHINE_WORK/vm"
    tar -xf "$tar" -C "$root" --numeric-owner
    # The first boot installs the package, before the first power cut.
    mkdir "$root/t"
    cp "$DEB" "$root/t/agentlocator.deb"
    install -m 755 tests/deb/power-cut-inside.sh "$root/t/inside"
    : >"$root/etc/machine-id"
    echo box >"$root/etc/hostname"
    echo '/dev/vda / ext4 rw 0 1' >"$root/etc/fstab"
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    cat >"$root/etc/systemd/system/cut.service" <<'U'
[Unit]
After=basic.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/t/inside
StandardOutput=file:/dev/ttyS1
StandardError=file:/dev/ttyS1
U
    ln -s ../cut.service "$root/etc/systemd/system/multi-user.target.wants/"
    mke2fs -q -t ext4 -d "$root" "$MACHINE_WORK/vm/disk" 2G >/dev/null || exit 2
    cp "$root"/boot/vmlinuz-* "$MACHINE_WORK/vm/vmlinuz"
    cp "$root"/boot/initrd.img-* "$MACHINE_WORK/vm/initrd"
    rm -rf --one-file-system "$root"
}

# in_emulator COMMAND…: replaces the shell by the command, which runs in the emulator's root with the virtual machine's files in /vm.
in_emulator() {
    # shellcheck disable=SC2016
    EMULATOR=$EMULATOR VM=$MACHINE_WORK/vm exec unshare -m bash -ec '
        mount --bind /dev "$EMULATOR/dev"
        mount --bind "$VM" "$EMULATOR/vm"
        mount -t proc proc "$EMULATOR/proc"
        exec chroot "$EMULATOR" "$@"' in_emulator "$@" </dev/null >>"$MACHINE_WORK/vm/emulator.log" 2>&1
}

# power_on [KERNEL-ARGUMENT…]: starts the disk server and QEMU in the background.
power_on() {
    : >"$MACHINE_WORK/vm/serial"
    rm -f "$MACHINE_WORK/vm/drive"
    (in_emulator nbdkit --foreground --unix /vm/drive --filter=cache file /vm/disk cache=writeback) &
    DRIVE=$!
    local _
    for _ in $(seq 100); do
        [ -S "$MACHINE_WORK/vm/drive" ] && break
        sleep 0.1
    done
    (in_emulator qemu-system-x86_64 -M q35,accel=tcg -cpu max -m 1024 -smp 1 -display none -monitor none -nic none \
        -kernel /vm/vmlinuz -initrd /vm/initrd -append "root=/dev/vda rw console=ttyS0 quiet panic=-1 $*" \
        -drive file=nbd+unix:///?socket=/vm/drive,format=raw,if=virtio,cache=writeback \
        -serial file:/vm/console -serial file:/vm/serial) &
    QEMU=$!
}

power_off() {
    [ -z "$DRIVE$QEMU" ] || kill -9 $DRIVE $QEMU 2>/dev/null
    wait 2>/dev/null
    QEMU='' DRIVE=''
}

# wait_for PATTERN SECONDS: waits until a line on the serial console matches. Fails after this time, or when QEMU exits.
wait_for() {
    local _
    for _ in $(seq $(($2 * 5))); do
        grep -qE "$1" "$MACHINE_WORK/vm/serial" && return 0
        kill -0 "$QEMU" 2>/dev/null || break
        sleep 0.2
    done
    echo "nothing said $1"
    tail -n 15 "$MACHINE_WORK/vm/serial"
    tail -n 5 "$MACHINE_WORK/vm/emulator.log"
    return 1
}

acknowledged() { tr -d '\r' <"$MACHINE_WORK/vm/serial" | sed -n 's/^ACK //p'; }

# cut_power NUMBER: boots, and cuts the power after 50 to 199 acknowledged messages, most likely during a write. From the second cut on, it
# first checks that no acknowledged message was lost.
cut_power() {
    local wanted=$((RANDOM % 150 + 50))
    power_on
    if ! wait_for '^BEGIN' 400 || { [ "$1" -gt 1 ] && ! survived; }; then
        power_off
        return 1
    fi
    local _
    for _ in $(seq 1500); do
        [ "$(acknowledged | wc -l)" -ge "$wanted" ] && break
        sleep 0.1
    done
    power_off
    acknowledged >>"$MACHINE_WORK/acknowledged"
    echo "note: cut after $(acknowledged | wc -l) acknowledged messages, $(wc -l <"$MACHINE_WORK/acknowledged") in all"
    [ "$(acknowledged | wc -l)" -ge "$wanted" ]
}

# Checks the report that the virtual machine prints after a boot, before it posts new messages: no damage and no lost message.
survived() {
    local lost
    tr -d '\r' <"$MACHINE_WORK/vm/serial" | grep -E '^(INTEGRITY|COPY) ' | sort -u
    tr -d '\r' <"$MACHINE_WORK/vm/serial" | grep -qx 'INTEGRITY ok' || { echo "the database is damaged"; return 1; }
    tr -d '\r' <"$MACHINE_WORK/vm/serial" | grep -qx 'COPY ok' || { echo "the copy is damaged"; return 1; }
    for kind in HAS COPIED; do
        lost=$(tr -d '\r' <"$MACHINE_WORK/vm/serial" | sed -n "s/^$kind //p" | sort -u | comm -23 <(sort -u "$MACHINE_WORK/acknowledged") -)
        [ -z "$lost" ] || { echo "$(echo "$lost" | wc -l) acknowledged messages are missing ($kind): $(echo "$lost" | head -n 5)"; return 1; }
    done
    echo "note: up again, nothing lost of $(wc -l <"$MACHINE_WORK/acknowledged")"
}

last_look() {
    power_on
    wait_for '^BEGIN' 400 && survived
    local status=$?
    power_off
    return $status
}

# Checks that the daemon acknowledges no message while the disk is read-only, that the published copy stays intact, and that the daemon
# works again once the disk is writable.
read_only_disk() {
    power_on box.disk=read-only
    wait_for '^AGAIN' 400 && survived
    local status=$? said
    power_off
    said=$(tr -d '\r' <"$MACHINE_WORK/vm/serial" | grep -E '^(READONLY|AGAIN) ')
    echo "$said" | sed 's/^/note: /'
    [ "$status" = 0 ] && [ "$said" = "READONLY message 503, ready 503, sound ok
AGAIN message 204, ready 200, sound ok, kept all" ]
}

emulator
guest
note "made in $(since "$began") s"
: >"$MACHINE_WORK/acknowledged"
for number in $(seq "$cuts"); do check "power cut $number" cut_power "$number"; done
check "after the last one" last_look
check "a disk that turns read-only, and back" read_only_disk
finish "power cuts"
