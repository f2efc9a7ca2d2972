import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../features/', import.meta.url))

const shown = (code: string): string =>
  ({ BracketLeft: '[', BracketRight: ']', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' })[code] ??
  code.replace(/^Key/, '')

/** Standard keys, which act on the focused element of any page and need no entry in the list. */
const USUAL = new Set(['Enter'])

test('every key of a page is in the list of shortcuts', () => {
  const missing = readdirSync(root).flatMap(feature => {
    const files = readdirSync(root + feature, { recursive: true, encoding: 'utf8' }).filter(
      path => /\.tsx?$/.test(path) && !path.includes('.test.'),
    )
    const text = files.map(path => readFileSync(`${root}${feature}/${path}`, 'utf8')).join('\n')
    const used = [...text.matchAll(/\bcode: '(\w+)'/g)].flatMap(([, code]) =>
      code && !USUAL.has(code) ? [shown(code)] : [],
    )
    const listed = new Set([...text.matchAll(/\bkeys: \['([^']+)'\]/g)].map(([, key]) => key))
    return [...new Set(used)].filter(key => !listed.has(key)).map(key => `${feature}: ${key}`)
  })
  expect(missing).toEqual([])
})
