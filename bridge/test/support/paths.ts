import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The bridge's folder, found by a search upwards: built tests lie at several depths below it. */
export const BRIDGE = rootAbove(fileURLToPath(import.meta.url))

function rootAbove(path: string): string {
  const folder = dirname(path)
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(folder)
}
