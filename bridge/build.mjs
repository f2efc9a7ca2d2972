// Builds the bridge into one file: node build.mjs [--tests]
//
// `dist/bridge.mjs` needs only Node; `dist/LICENSES.txt` contains the licences of all bundled packages. `--tests` also
// builds the tests and their WhatsApp server, which load their libraries from node_modules.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const common = {
  absWorkingDir: here,
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'esm',
  legalComments: 'none',
  define: { BRIDGE_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
}

// The CommonJS modules in the bundle call `require`.
const requireInModules =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

const bundle = await build({
  ...common,
  entryPoints: ['src/main.ts'],
  metafile: true,
  outfile: 'dist/bridge.mjs',
  minify: true,
  // Optional libraries of Baileys for thumbnails, link previews and waveforms. They stay out of the bundle.
  external: ['sharp', 'jimp', 'link-preview-js', 'audio-decode'],
  banner: { js: requireInModules },
})

writeFileSync(join(here, 'dist/LICENSES.txt'), licencesOf(packagesIn(bundle.metafile)))

if (process.argv.includes('--tests')) {
  rmSync(join(here, 'dist/test'), { recursive: true, force: true })
  const programs = ['wa-server/main.ts', 'wa-server/client.ts', 'measure.ts']
  const tests = readdirSync(join(here, 'test'), { recursive: true, encoding: 'utf8' })
  await build({
    ...common,
    entryPoints: [...tests.filter(name => name.endsWith('.test.ts')), ...programs].map(name => `test/${name}`),
    outbase: 'test',
    outdir: 'dist/test',
    outExtension: { '.js': '.mjs' },
    packages: 'external',
    // Imports of external packages run before the importing file's own code, so the polyfill must be an import too.
    banner: { js: "import'#web-crypto';" },
    sourcemap: 'inline',
  })
}

/** Returns the folders of the packages whose files are in the bundle. */
function packagesIn({ inputs }) {
  const folders = Object.keys(inputs).flatMap(file => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])
  return [...new Set(folders)].sort()
}

/** Returns the name, version, licence and licence text of each package, after the bridge's own notice and licence. */
function licencesOf(folders) {
  const own = readFileSync(join(here, 'NOTICE.md'), 'utf8')
  const parts = folders.map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8'))
    const files = readdirSync(join(here, folder)).filter(file => /^(licen[cs]e|copying|notice)/i.test(file))
    const texts = files.map(file => readFileSync(join(here, folder, file), 'utf8').trim())
    return [`${name} ${version}`, `License: ${license ?? 'see below'}`, ...texts].join('\n\n')
  })
  const bridge = readFileSync(join(here, 'LICENSE'), 'utf8')
  return [own, bridge, ...parts]
    .map(part => part.trim())
    .join(`\n\n${'='.repeat(80)}\n\n`)
    .concat('\n')
}
