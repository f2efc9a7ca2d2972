import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { routesOf } from './routes.mjs'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

/** The maximum size of the first load of a logged-in user, without the opened page's own code, in bytes of brotli. */
const FIRST_LOAD = 250_000
/** The maximum size of each other file, such as the code of one page, in bytes of brotli. */
const ROUTE = 90_000

const size = file => statSync(join(dist, `${file}.br`)).size
const built = existsSync(join(dist, '.vite/manifest.json'))

const manifestOf = () => JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))

const contents = ending =>
  readdirSync(join(dist, 'assets'))
    .filter(name => name.endsWith(ending))
    .map(name => readFileSync(join(dist, 'assets', name), 'utf8'))
    .join('')

test.skipIf(!built)('each component of Mantine in the page has its styles', () => {
  const all = readFileSync(fileURLToPath(new URL('../node_modules/@mantine/core/styles.css', import.meta.url)), 'utf8')
  const classes = text => new Set(text.match(/\bm_[0-9a-f]+\b/g))
  const [styled, used, had] = [classes(all), classes(contents('.js')), classes(contents('.css'))]
  expect(used.size).toBeGreaterThan(20)
  const missing = [...used].filter(name => styled.has(name) && !had.has(name))
  expect(missing, 'add their files to shared/styles/mantine.css').toEqual([])
})

test.skipIf(!built)('each route names its files', () => {
  const routes = routesOf(fileURLToPath(new URL('..', import.meta.url)))
  expect(routes.length).toBeGreaterThan(20)
  const pages = Object.values(manifestOf()).filter(
    ({ isDynamicEntry, src }) => isDynamicEntry && /Page\.tsx$/.test(src),
  )
  expect(routes.flatMap(({ sources }) => sources)).toEqual(expect.arrayContaining(pages.map(({ src }) => src)))
  for (const line of readFileSync(join(dist, 'routes.txt'), 'utf8').split('\n').filter(Boolean)) {
    const [path, files, hebrew, english, later] = line.split('\t')
    expect(hebrew, path).not.toBe(english)
    for (const file of [files, hebrew, english, later].flatMap(names => names.split(' ').filter(Boolean)))
      expect(existsSync(join(dist, file)), `${path}: ${file}`).toBe(true)
  }
})

test.skipIf(!built)('a list is shown without the code of dialogs and menus', () => {
  const lines = readFileSync(join(dist, 'routes.txt'), 'utf8').split('\n').filter(Boolean)
  const routes = new Map(lines.map(line => [line.split('\t')[0], line.split('\t')]))
  for (const path of ['/app/today', '/app/inbox/:contactId?', '/app/calls/:id?', '/app/contacts'])
    expect(routes.get(path)?.[1], path).not.toContain('overlays')
  for (const path of ['/app/inbox/:contactId', '/app/calls/:id']) {
    expect(routes.get(path)?.[1], path).toContain('overlays')
    expect(routes.get(`${path}?`)?.[4], path).toContain('overlays')
  }
})

test.skipIf(!built)('the first load is within its budget', () => {
  const manifest = manifestOf()
  const needed = new Set(['index.html'])
  const seen = new Set()
  const visit = name => {
    if (seen.has(name)) return
    seen.add(name)
    const chunk = manifest[name]
    for (const file of [chunk.file, ...(chunk.css ?? [])]) if (!file.endsWith('.html')) needed.add(file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  visit('index.html')
  visit('src/app/Shell.tsx')
  for (const name of readdirSync(join(dist, 'assets'))) if (name.endsWith('.woff2')) needed.add(`assets/${name}`)
  // Counts the texts of only one language, the one with the larger file.
  const texts = Object.entries(manifest).filter(([name]) => name.startsWith('src/app/locales/'))
  needed.add(texts.map(([, { file }]) => file).sort((a, b) => size(b) - size(a))[0])
  const sizes = [...needed].map(file => [file, size(file)]).sort((a, b) => b[1] - a[1])
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0)
  console.log(`First load of a logged-in user: ${(total / 1000).toFixed(1)} KB compressed`)
  expect(total, sizes.map(([file, bytes]) => `${bytes} ${file}`).join('\n')).toBeLessThanOrEqual(FIRST_LOAD)
  for (const name of readdirSync(join(dist, 'assets'))) {
    if (!/\.(br|gz)$/.test(name) && !needed.has(`assets/${name}`))
      expect(size(`assets/${name}`), name).toBeLessThanOrEqual(ROUTE)
  }
})
