import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

/** All that a first visit loads, compressed with brotli. */
const FIRST_LOAD = 250_000
/** What one page adds, at most. */
const ROUTE = 90_000

const size = file => statSync(join(dist, `${file}.br`)).size
const built = existsSync(join(dist, '.vite/manifest.json'))

test.skipIf(!built)('the first load is within its budget', () => {
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
  const needed = new Set(['index.html'])
  const visit = name => {
    const chunk = manifest[name]
    for (const file of [chunk.file, ...(chunk.css ?? [])]) if (!file.endsWith('.html')) needed.add(file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  visit('index.html')
  for (const name of readdirSync(join(dist, 'assets'))) if (name.endsWith('.woff2')) needed.add(`assets/${name}`)
  // The larger of the two languages.
  const texts = Object.entries(manifest).filter(([name]) => name.startsWith('src/app/locales/'))
  needed.add(texts.map(([, { file }]) => file).sort((a, b) => size(b) - size(a))[0])
  const sizes = [...needed].map(file => [file, size(file)]).sort((a, b) => b[1] - a[1])
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0)
  console.log(`first load: ${(total / 1000).toFixed(1)} KB`)
  expect(total, sizes.map(([file, bytes]) => `${bytes} ${file}`).join('\n')).toBeLessThanOrEqual(FIRST_LOAD)
  for (const name of readdirSync(join(dist, 'assets'))) {
    if (!/\.(br|gz)$/.test(name) && !needed.has(`assets/${name}`))
      expect(size(`assets/${name}`), name).toBeLessThanOrEqual(ROUTE)
  }
})
