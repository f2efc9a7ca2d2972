import { execFile } from 'node:child_process'
import { type Log, reason } from './log.ts'

/**
 * Notifies systemd at intervals that the event loop runs. Without the notification, systemd kills and restarts the
 * bridge (`WatchdogSec=`). Node has no Unix datagram sockets, so `systemd-notify` sends the message.
 */
export function startWatchdog(intervalMs: number, log: Log, program = 'systemd-notify'): void {
  let hasFailed = false
  const notify = () =>
    execFile(program, ['WATCHDOG=1'], { timeout: intervalMs }, error => {
      if (error && !hasFailed)
        log.error(
          'WATCHDOG_FAILED',
          `systemd cannot be notified that the bridge runs, and may restart it: ${reason(error)}`,
        )
      hasFailed = error !== null
    })
  notify()
  setInterval(notify, intervalMs).unref()
}
