import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/** Two processes with one session end each other's link for ever (WhatsApp's `conflict`, code 440). */
export class InUse extends Error {
  override readonly name = 'InUse'
}

/**
 * Takes a folder for this process; the answer lets it go. It is the kernel's own lock (flock(2)) on a file in the folder,
 * so it ends with the process, however that ends. Node has no call for it, but flock(1) of util-linux can be given an
 * open file: the lock then belongs to whoever has it open, which is us.
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
