import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the bridge: tests are built to several depths below it. */
export const BRIDGE = rootAbove(fileURLToPath(import.meta.url))

function rootAbove(path: string): string {
  const folder = dirname(path)
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(folder)
}
