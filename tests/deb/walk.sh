#!/usr/bin/env bash
# Installs, uses, upgrades and purges the package in a booted Debian container: tests/deb/walk.sh short|full [SUITE]
# The default suite is the oldest Debian that runs a package built on this machine.
#
# DEB=FILE selects the package (default: the newest in target/debian). `short` checks the installation, the first set-up, a call, messages,
# a reboot and a purge. `full` also checks kills, restarts and upgrades under load, faults of the machine (faults.sh), a standby
# (standby.sh), downgrades, upgrades that fail, removal, and lintian.
# With REQUIRE_ALL=1 (`make test-all`) a missing tool is a failure. KEEP=1 keeps the container's root file system and log.
# Prints a line for each check. Exit status: 0 if all checks passed, 1 if a check failed, 2 if the walk could not start, 77 if this machine
# cannot boot the container.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/deb/machine.sh
. tests/deb/checks.sh

length=${1:-full} suite=${2:-$(oldest_suite)}
case $length in short | full) ;; *) echo "walk: short or full" >&2; exit 2 ;; esac
lacks=$(machine_lacks)
if [ -n "$lacks" ]; then
    echo "== package on $suite: SKIPPED, this machine lacks $lacks =="
    exit 77
fi
# shellcheck disable=SC2012
DEB=${DEB:-$(ls -t target/debian/*.deb 2>/dev/null | head -n 1)}
[ -f "$DEB" ] || { echo "walk: no package; make deb" >&2; exit 2; }
# scripts/setup.sh installs Litestream there.
LITESTREAM=target/tools/litestream/bin/litestream
VERSION=$(dpkg-deb -f "$DEB" Version)

began=$(now)
# libfaketime starts the service with a wrong clock (clock_behind in faults.sh).
[ "$length" = short ] || EXTRA_PACKAGES=libfaketime
machine_make "$suite" || exit 2
cp "$DEB" "$MACHINE_ROOT/t/agentlocator.deb"
[ "$length" = short ] || make_variants
install -m 755 tests/deb/inside.sh "$MACHINE_ROOT/t/inside"
cp tests/deb/{faults,standby}.sh "$MACHINE_ROOT/t/"
machine_boot || exit 2
note "$suite, $(inside systemctl --version | head -n 1), kernel $(uname -r); made and booted in $(since "$began") s"
inside find / -xdev -not -path '/proc/*' -not -path '/run/*' >"$MACHINE_WORK/before"

if [ "$length" = full ]; then
    check "lintian finds no problem" lintian_is_quiet
    vital "install the version before" install_package before
else
    vital "install" install_package agentlocator
fi
check "the terminal shows one URL and one code" shows_first_steps
measures
vital "both units run, all sockets listen" box units_run
check "debsums finds no changed file" box files_are_unchanged
check "security scores at most 1.5" box security_score_is_low
vital "first set-up by HTTP" box first_setup
vital "settings and secrets by hand, and reload" box configure
check "a call is answered, and in the CRM" box call
check "messages of both providers are in the CRM" box messages
check "the bridge answers 503 while nothing is linked" box bridge_unpaired
check "daemon and bridge are connected by Unix sockets that no other user can open" box bridge_by_sockets
check "the bridge cannot read the CRM" box bridge_cannot_read_the_crm
check "a cp of the database is complete" box copy_is_whole
if [ "$length" = full ]; then
    check "doctor finds no error" box doctor
    check "a backup that root restores with mv or cp is used" box roots_backup
    check "the links between the guides have targets" box links_lead_somewhere
    check "kill -9 of the daemon" box kill_unit agentlocator
    check "kill -9 of the bridge" box kill_unit agentlocator-whatsapp
    check "restarts under load refuse no connection" box restart_under_load
    check "a wrong setting is reported, and the last settings are used" box wrong_setting
    check "the watchdog does not restart a healthy bridge" box bridge_watchdog_is_quiet
    check "a bridge that hangs is restarted" box hanging_bridge
    check "the bridge starts although the daemon does not" box bridge_without_daemon
    check "settings that the service cannot read are reported and repaired" box foreign_ids
    check "a service without its data waits for it" box data_is_missing
    check "a data folder that is a link is reported" box data_is_a_link
    check "the data moves to another disk as the guide says" box move_to_another_disk
    check "commands of root use the data of the service" box roots_commands
    check "a clock that is a year behind is reported" box clock_behind
    check "users of a proxy that is not named get the line to add" box unnamed_proxy
    check "another program on port 8080 disables only that port" box taken_port
    check "a restart in a call keeps no caller waiting" box restart_in_call
    check "a journal that stops delays no response" box stopped_journal
    check "a misspelt setting before a reboot" box misspell_a_setting
fi
vital "reboot" machine_reboot
if [ "$length" = full ]; then
    check "after the reboot the last settings that worked are used" box misspelt_after_boot
    check "an empty secret, and one of a wrong name" box empty_a_secret
    check "everything killed at once, and booted" kill_and_boot
    check "after the kill the last secrets that worked are used" box empty_secret_after_boot
fi
check "after the reboot all units run, with all data" box all_is_there
if [ "$length" = full ]; then
    if [ -x "$LITESTREAM" ]; then
        install -m 755 "$LITESTREAM" "$MACHINE_ROOT/t/litestream"
        check "a standby follows and takes over as the guide says" box standby_takes_over
    else
        check "$LITESTREAM is there for the standby" test -z "${REQUIRE_ALL:-}"
    fi
    check "an upgrade under load refuses no connection" box upgrade_under_load
    check "debsums finds no changed file after the upgrade" box files_are_unchanged
    check "after the upgrade all data and edits are there" box all_is_there
    check "a downgrade is refused and changes nothing" box downgrade_is_refused
    check "an allowed downgrade waits for data that the older program can read" box downgrade
    check "an allowed downgrade with readable data waits for a start only" box downgrade_with_the_same_data
    check "a downgrade to a package with fewer sockets closes the others" box downgrade_to_fewer_sockets
    check "an upgrade without disk space changes nothing" box upgrade_without_room
    check "an upgrade without disk space for the old program changes nothing" box upgrade_without_room_for_the_program
    check "an upgrade that does not start is rolled back" box failing_upgrade broken
    check "an upgrade whose bridge does not run is rolled back" box failing_upgrade bridgeless
    check "an upgrade that exits after its migration is rolled back" box failing_upgrade migrating
    check "the next valid upgrade succeeds" box upgrade_after_failure
    check "a command of root leaves no file of root" box nothing_of_roots
    check "remove keeps data and settings" box remove_keeps
    check "install again, with the earlier data" install_package after
    check "after the new installation all data is there" box all_is_there
    check "a purge without disk space for the last backup deletes nothing" box purge_without_room
fi
check "purge removes everything, and reports the last backup" purge
[ "$length" = short ] || check "a data folder on a separate disk stays, empty" box data_disk_is_empty
check "no file is left over" leftovers
machine_off
finish "package on $suite, $length walk"
