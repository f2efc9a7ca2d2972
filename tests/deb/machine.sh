# shellcheck shell=bash
# A small Debian container with systemd as its first process, to install the package in. Sourced by walk.sh and power-cut.sh.
#
#   machine_make SUITE     creates its root file system (cached in target/deb-test); $EXTRA_PACKAGES are added to the base packages
#   machine_boot           boots it with systemd-nspawn in a separate network namespace, and waits until systemd has started
#   inside COMMAND…        runs a command in it as root
#   machine_reboot, machine_kill, machine_off
#
# The container has loopback and a veth link to the host ($BOX_ADDRESS; the host has $OUR_ADDRESS), and no other network.

. tests/deb/bootstrap.sh

MACHINE_ID=al$$
MACHINE_CACHE=${MACHINE_CACHE:-$PWD/target/deb-test}
MACHINE_WORK=
MACHINE_PID=
MACHINE_INIT=

# machine_lacks: prints the first requirement that this machine does not meet. Prints nothing if it can boot the container.
machine_lacks() {
    [ "$(uname -s)" = Linux ] || { echo "Linux"; return; }
    [ "$(id -u)" = 0 ] || { echo "root"; return; }
    local command
    for command in systemd-nspawn mmdebstrap nsenter setpriv ip unshare dpkg-deb; do
        command -v "$command" >/dev/null || { echo "$command"; return; }
    done
    ip netns add "$MACHINE_ID" 2>/dev/null || { echo "the right to make network namespaces"; return; }
    ip netns del "$MACHINE_ID"
    unshare -m mount -t cgroup2 cgroup2 /mnt 2>/dev/null || { echo "the right to mount a cgroup file system"; return; }
}

# machine_tar NAME SUITE PACKAGES…: prints the path of a cached tar of a root file system with these packages, and creates the tar if it is
# missing. On failure prints the error instead.
machine_tar() {
    local name=$1 suite=$2 tar
    shift 2
    tar=$MACHINE_CACHE/$name-$(echo "$suite $*" | sha256sum | cut -c1-12).tar
    if [ ! -s "$tar" ]; then
        bootstrap tar "$suite" "$tar.$MACHINE_ID" "$@" 2>&1 || { rm -f "$tar.$MACHINE_ID"; return 1; }
        mv "$tar.$MACHINE_ID" "$tar"
    fi
    echo "$tar"
}

machine_make() {
    local suite=$1 base tar
    mkdir -p "$MACHINE_CACHE"
    MACHINE_WORK=$(mktemp -d "$MACHINE_CACHE/run.XXXXXX")
    MACHINE_ROOT=$MACHINE_WORK/root
    trap machine_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    base="systemd systemd-sysv dbus libpam-systemd init-system-helpers ca-certificates iproute2 curl procps sqlite3 jq debsums ${EXTRA_PACKAGES:-}"
    # shellcheck disable=SC2086
    tar=$(machine_tar "$suite" "$suite" $base) || { echo "$tar"; return 1; }
    mkdir "$MACHINE_ROOT"
    tar -xf "$tar" -C "$MACHINE_ROOT" --numeric-owner
    : >"$MACHINE_ROOT/etc/machine-id"
    echo box >"$MACHINE_ROOT/etc/hostname"
    mkdir -p "$MACHINE_ROOT/var/log/journal" "$MACHINE_ROOT/t"
    # mmdebstrap leaves a policy that prevents packages from starting services.
    rm -f "$MACHINE_ROOT/usr/sbin/policy-rc.d"
    local unit
    for unit in console-getty.service getty@.service systemd-networkd-wait-online.service dpkg-db-backup.timer; do
        ln -sf /dev/null "$MACHINE_ROOT/etc/systemd/system/$unit"
    done
    machine_cable
}

machine_cable() {
    local net
    net=10.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1))
    OUR_ADDRESS=$net.1 BOX_ADDRESS=$net.2
    ip netns add "$MACHINE_ID"
    ip -n "$MACHINE_ID" link set lo up
    ip link add "h$MACHINE_ID" type veth peer name eth0 netns "$MACHINE_ID"
    ip addr add "$OUR_ADDRESS/30" dev "h$MACHINE_ID"
    ip link set "h$MACHINE_ID" up
    ip -n "$MACHINE_ID" addr add "$BOX_ADDRESS/30" dev eth0
    ip -n "$MACHINE_ID" link set eth0 up
    ip -n "$MACHINE_ID" route add default via "$OUR_ADDRESS"
}

# Starts the container in a separate mount namespace with only cgroup v2, as on a real server, and with the tmpfs that nspawn needs.
machine_start() {
    # shellcheck disable=SC2016
    ID=$MACHINE_ID ROOT=$MACHINE_ROOT unshare -m bash -ec '
        umount -l /sys/fs/cgroup 2>/dev/null || true
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mkdir -p "/sys/fs/cgroup/$ID"
        echo $$ >"/sys/fs/cgroup/$ID/cgroup.procs"
        mkdir -p /run/systemd/nspawn
        mount -t tmpfs tmpfs /run/systemd/nspawn
        exec systemd-nspawn --quiet --directory="$ROOT" --boot --machine="$ID" --register=no --keep-unit \
            --network-namespace-path="/run/netns/$ID" --capability=CAP_NET_ADMIN,CAP_BPF --system-call-filter=bpf \
            --console=pipe --resolv-conf=off --timezone=off' </dev/null >>"$MACHINE_WORK/console.log" 2>&1 &
    MACHINE_PID=$!
}

machine_boot() {
    local child state
    machine_start
    MACHINE_INIT=
    for _ in $(seq 400); do
        for child in $(pgrep -P "$MACHINE_PID"); do
            [ "$(cat "/proc/$child/comm" 2>/dev/null)" = systemd ] && MACHINE_INIT=$child
        done
        [ -n "$MACHINE_INIT" ] && break
        kill -0 "$MACHINE_PID" 2>/dev/null || { tail -n 20 "$MACHINE_WORK/console.log"; return 1; }
        sleep 0.05
    done
    for _ in $(seq 600); do
        state=$(inside systemctl is-system-running 2>/dev/null)
        case $state in running | degraded) return 0 ;; esac
        sleep 0.1
    done
    echo "the machine did not start: $state"
    tail -n 20 "$MACHINE_WORK/console.log"
    return 1
}

# A process that enters the container with nsenter keeps the capabilities of the host's root. The bounding set is reduced to the container's
# capabilities first, so that no command can set the host's clock or load a module into its kernel.
readonly MACHINE_RIGHTS=-all,+chown,+dac_override,+dac_read_search,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_admin,+net_raw,+sys_chroot,+sys_ptrace,+sys_admin,+mknod,+lease,+audit_write,+setfcap,+ipc_owner,+sys_nice,+sys_tty_config
inside() {
    nsenter -t "$MACHINE_INIT" -a -- setpriv --bounding-set="$MACHINE_RIGHTS" --inh-caps=-all -- \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# Reboots the container cleanly with systemctl. nspawn exits with status 133 when the container's first process requests a reboot.
machine_reboot() {
    local status=0
    inside systemctl reboot >/dev/null 2>&1
    wait "$MACHINE_PID" || status=$?
    MACHINE_PID=
    [ "$status" = 133 ] || { echo "the machine ended with $status instead of asking for a reboot"; return 1; }
    machine_boot
}

# Kills all processes of the container. Unlike in a power cut, data that the kernel has not written to disk yet is not lost.
machine_kill() {
    [ -n "$MACHINE_INIT" ] && kill -KILL "$MACHINE_INIT" 2>/dev/null
    [ -n "$MACHINE_PID" ] && wait "$MACHINE_PID" 2>/dev/null
    MACHINE_PID='' MACHINE_INIT=''
}

machine_off() {
    inside systemctl poweroff >/dev/null 2>&1
    wait "$MACHINE_PID" 2>/dev/null
    MACHINE_PID='' MACHINE_INIT=''
}

machine_end() {
    local status=$?
    machine_kill
    ip netns del "$MACHINE_ID" 2>/dev/null
    ip link del "h$MACHINE_ID" 2>/dev/null
    if [ -n "${KEEP:-}" ]; then
        echo "kept $MACHINE_WORK"
    else
        rm -rf --one-file-system "$MACHINE_WORK"
    fi
    exit "$status"
}
