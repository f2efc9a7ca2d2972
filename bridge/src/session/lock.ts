import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/** Two processes with one session end each other's connection repeatedly (WhatsApp's `conflict`, code 440). */
export class InUse extends Error {
  override readonly name = 'InUse'
}

/**
 * Locks a folder for this process; the returned function unlocks it. It is the kernel's own lock (flock(2)) on a file
 * in the folder, so it ends with the process, however the process ends. Node has no call for it, but flock(1) of
 * util-linux accepts an open file: the lock then belongs to the process that has it open, which is this one.
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
