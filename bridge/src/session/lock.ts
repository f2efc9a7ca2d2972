import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Another process uses the session, or listens on the bridge's Unix socket. Two processes with one session repeatedly
 * end each other's connection (WhatsApp's `conflict`, code 440).
 */
export class InUse extends Error {
  override readonly name = 'InUse'
}

/**
 * Locks a folder for this process; the returned function unlocks it. The lock is a kernel lock (flock(2)) on a file in
 * the folder, so it is released however the process ends. Node has no API for flock(2), but flock(1) of util-linux can
 * lock a file descriptor that it inherits: the lock then belongs to this process, which keeps the file open. Throws
 * {@link InUse} if another process has the lock, or another error if the folder cannot be locked.
 */
export function lockFolder(path: string): () => void {
  const file = openSync(join(path, 'lock'), 'a', 0o600)
  const { status, error } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] })
  if (status === 0) return () => closeSync(file)
  closeSync(file)
  if (status === 1) throw new InUse(`another bridge is using the session in ${path}`)
  throw new Error(
    `${path} cannot be locked: ${error?.message ?? `flock ended with ${status}`} (flock is in util-linux)`,
  )
}
