import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Packages that the style sheets import. They are listed even if no module of the bundle is from them. */
const BY_STYLE = ['@fontsource-variable/assistant', '@mantine/core']

export function packagesOf(modules) {
  const names = modules.flatMap(id => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(id)?.[1] ?? [])
  return [...new Set([...names, ...BY_STYLE])].sort()
}

/** Returns the name, version, licence and licence text of each package, in the format of bridge/dist/LICENSES.txt. */
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
