// Builds the page into dist/: node scripts/build.mjs
//
// Besides Vite's output, dist/ contains a brotli and a gzip version of each file, and files.txt with path, media type
// and hash of each file: the daemon's build.rs reads this list, and needs no compressor. dist/licences.txt contains the
// licences of the bundled packages; dist/routes.txt lists the files that each path of the page needs
// (scripts/routes.mjs).
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { licences } from './licences.mjs'
import { hints, routesOf } from './routes.mjs'

const MIME = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

// files.txt is deleted first and written last: without it, the daemon's build does not use the files of an incomplete
// build.
rmSync(join(dist, 'files.txt'), { force: true })
for (const name of readdirSync(dist)) if (name !== '.gitignore') rmSync(join(dist, name), { recursive: true })
const output = await build({ root, logLevel: 'warn', build: { emptyOutDir: false } })
const modules = output.output.flatMap(chunk => Object.keys(chunk.modules ?? {}))

const lines = []
for (const path of files('').sort()) {
  const content = readFileSync(join(dist, path))
  const mime = MIME[extname(path)]
  if (!mime) throw new Error(`${path}: no media type is known for it; add one in scripts/build.mjs`)
  lines.push(`${path}\t${mime}\t${createHash('sha256').update(content).digest('hex').slice(0, 16)}\n`)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  writeFileSync(join(dist, `${path}.br`), brotliCompressSync(content, { params }))
  // The byte for the operating system in the header is fixed, so that the build is reproducible on every machine.
  const gzip = gzipSync(content, { level: 9 })
  gzip[9] = 255
  writeFileSync(join(dist, `${path}.gz`), gzip)
}
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
writeFileSync(join(dist, 'routes.txt'), hints(manifest, routesOf(root)))
writeFileSync(join(dist, 'files.txt'), lines.join(''))
writeFileSync(join(dist, 'licences.txt'), licences(root, modules))

/** Returns the files that the daemon serves: all except hidden ones, such as Vite's manifest. */
function files(folder) {
  return readdirSync(join(dist, folder)).flatMap(name => {
    const path = folder ? `${folder}/${name}` : name
    if (name.startsWith('.')) return []
    return statSync(join(dist, path)).isDirectory() ? files(path) : [path]
  })
}
