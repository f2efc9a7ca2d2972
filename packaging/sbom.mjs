// Generates the software bill of materials (SBOM) of the package: node sbom.mjs TARGET VERSION FOLDER
//
// Writes FOLDER/sbom.cdx.json (CycloneDX 1.6: the crates of the daemon, the npm packages of the bridge and of the
// web page, Node, SQLite) and FOLDER/licences.txt (the licence texts of the crates).
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [target, version, folder] = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))
const crates = cratesOf(target)
const npm = npmPackages()
const page = pagePackages()
const node = execFileSync(process.execPath, ['--version'], { encoding: 'utf8' })

writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(bill(), null, 1)}\n`)
writeFileSync(join(folder, 'licences.txt'), licences())

/**
 * The third-party crates that are built into the binary: no build tools, no test libraries. `cargo tree` names them,
 * because `cargo metadata` also has what only the tests' features need.
 */
function cratesOf(triple) {
  const cargo = options => execFileSync('cargo', options, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  const tree = ['tree', '--locked', '--package', 'agentlocator', '--edges', 'normal', '--prefix', 'none', '--target', triple]
  const built = new Set(cargo(tree).split('\n').map(line => line.split(' ').slice(0, 2).join(' ')))
  const metadata = JSON.parse(cargo(['metadata', '--format-version', '1', '--locked', '--filter-platform', triple]))
  const found = metadata.packages.filter(({ name, version, source }) => source !== null && built.has(`${name} v${version}`))
  return found.sort((a, b) => order(`${a.name} ${a.version}`, `${b.name} ${b.version}`))
}

function npmPackages() {
  const script = join(root, 'packaging/bundled-packages.mjs')
  const folders = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim().split('\n')
  const read = name => JSON.parse(readFileSync(join(root, 'bridge', name, 'package.json'), 'utf8'))
  return folders.map(read).sort((a, b) => order(`${a.name} ${a.version}`, `${b.name} ${b.version}`))
}

/** The npm packages in the web page, according to the list of their licences; none if the page is not built. */
function pagePackages() {
  const list = join(root, 'web/dist/licences.txt')
  if (!existsSync(list)) return []
  return readFileSync(list, 'utf8').split(`\n\n${'='.repeat(80)}\n\n`).map(text => {
    const [title, , licence] = text.split('\n')
    const space = title.lastIndexOf(' ')
    return { name: title.slice(0, space), version: title.slice(space + 1), license: licence.replace('License: ', '') }
  })
}

function bill() {
  const component = (type, name, version, purl, licence) => ({
    type,
    'bom-ref': purl,
    name,
    version,
    ...(licence ? { licenses: [{ expression: licence.replaceAll('/', ' OR ') }] } : {}),
    purl,
  })
  const npmUrl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', 'agentlocator', version, `pkg:deb/agentlocator@${version}`, 'MIT') },
    components: [
      ...crates.map(crate =>
        component('library', crate.name, crate.version, `pkg:cargo/${crate.name}@${crate.version}`, crate.license),
      ),
      ...unique([...npm, ...page]).map(pack =>
        component('library', pack.name, pack.version, npmUrl(pack), spdx(pack.license)),
      ),
      component('application', 'node', bundledNode(), `pkg:generic/node@${bundledNode()}`, 'MIT'),
    ],
  }
}

/** Bridge and page may have a package in common; the bill names it once. */
function unique(packages) {
  return [...new Map(packages.map(pack => [`${pack.name} ${pack.version}`, pack])).values()]
}

/** The version of the bundled Node, from its npm package. */
function bundledNode() {
  const name = target.startsWith('aarch64') ? 'arm64' : 'x64'
  const file = join(root, `target/node/package-${name}/node_modules/node-linux-${name}/package.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : node.trim().slice(1)
}

/** The licence as an SPDX expression; undefined for old packages that use another format. */
function spdx(licence) {
  return typeof licence === 'string' && /^[\w.+() -]+$/.test(licence) ? licence : undefined
}

/** Each licence text once, below the crates that use it. */
function licences() {
  const texts = new Map()
  for (const crate of crates) {
    const home = dirname(crate.manifest_path)
    const files = readdirSync(home).filter(name => /^(licen[cs]e|copying|notice|unlicense)/i.test(name))
    const label = `${crate.name} ${crate.version} (${crate.license ?? 'see below'})`
    const found = files.map(name => join(home, name)).filter(isText)
    for (const text of found.length ? found.map(file => readFileSync(file, 'utf8').trim()) : ['']) {
      texts.set(text, [...(texts.get(text) ?? []), label])
    }
  }
  const rule = '='.repeat(80)
  return [...texts].map(([text, labels]) => `${labels.join('\n')}\n\n${text || 'The crate contains no licence text.'}\n`).join(`\n${rule}\n\n`)
}

function isText(file) {
  try {
    readFileSync(file, 'utf8')
    return true
  } catch {
    return false
  }
}

function order(a, b) {
  return a < b ? -1 : a > b ? 1 : 0
}
