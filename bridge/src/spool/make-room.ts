import { readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** Deletes files of a folder, the oldest first, until its disk has some space again. Never throws. */
export async function makeRoom(folder: string): Promise<void> {
  try {
    const names = await readdir(folder)
    const files = await Promise.all(names.map(async name => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
    files.sort((a, b) => a.at - b.at)
    for (const { name } of files) {
      const { bavail, bsize } = await statfs(folder)
      if (bavail * bsize >= ROOM) return
      await rm(join(folder, name), { force: true })
    }
  } catch {
    // There is no such folder, or the files cannot be deleted.
  }
}

/** Enough for thousands of messages, in bytes. */
const ROOM = 16 << 20
