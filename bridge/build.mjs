// Builds the bridge into one file: node build.mjs [--tests]
//
// `dist/bridge.mjs` needs nothing but Node. With `--tests`, the tests and their WhatsApp server are built as well; those
// take their libraries from node_modules.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const common = {
  absWorkingDir: here,
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
}

// Node 18 has web crypto, but not as a global; CommonJS parts of the bundle ask for `require`.
const prelude = [
  "import{createRequire as __createRequire}from'node:module'",
  'const require=__createRequire(import.meta.url)',
  "globalThis.crypto??=require('node:crypto').webcrypto;",
].join(';')

await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/bridge.mjs',
  minify: true,
  // Libraries that Baileys uses where they are installed: for thumbnails, link previews and wave forms.
  external: ['sharp', 'jimp', 'link-preview-js', 'audio-decode'],
  banner: { js: prelude },
})

if (process.argv.includes('--tests')) {
  rmSync(join(here, 'dist/test'), { recursive: true, force: true })
  const programs = ['wa-server/main.ts', 'wa-server/client.ts']
  const tests = readdirSync(join(here, 'test'), { recursive: true, encoding: 'utf8' })
  await build({
    ...common,
    entryPoints: [...tests.filter(name => name.endsWith('.test.ts')), ...programs].map(name => `test/${name}`),
    outbase: 'test',
    outdir: 'dist/test',
    outExtension: { '.js': '.mjs' },
    packages: 'external',
    sourcemap: 'inline',
  })
}
