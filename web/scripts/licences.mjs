// The licences of the npm packages whose code is in the page.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The fonts are loaded by the style sheet, so they are no module of the bundle. */
const BY_STYLE = ['@fontsource-variable/assistant', '@mantine/core']

/** The packages that the modules are from, sorted by name. */
export function packagesOf(modules) {
  const names = modules.flatMap(id => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(id)?.[1] ?? [])
  return [...new Set([...names, ...BY_STYLE])].sort()
}

/** Name, version, licence and licence text of each package, in the form of bridge/dist/LICENSES.txt. */
export function licences(root, modules) {
  const parts = packagesOf(modules).map(name => {
    const folder = join(root, 'node_modules', name)
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = readdirSync(folder).filter(file => /^(licen[cs]e|copying|notice|unlicense|ofl)/i.test(file))
    const texts = files.map(file => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version}`, `License: ${license ?? 'see below'}`, ...texts].join('\n\n').trim()
  })
  return `${parts.join(`\n\n${'='.repeat(80)}\n\n`)}\n`
}
