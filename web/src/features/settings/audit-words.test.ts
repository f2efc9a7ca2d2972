import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { actionText, subjectForm } from './audit-words'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.rs') && !/tests?[./]/.test(path))
  .map(path => readFileSync(`${root}src/${path}`, 'utf8'))
  .join('\n')
const { paths } = JSON.parse(readFileSync(`${root}docs/openapi.json`, 'utf8')) as {
  paths: Record<string, Record<string, { operationId: string }>>
}
const changes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { operationId }]) =>
    ['post', 'put', 'patch', 'delete'].includes(method) ? [{ path, operationId }] : [],
  ),
)

/** Converts the part of the path before the first id as `http/auth/audit.rs` does. */
const singular = (noun: string) => (noun.endsWith('ies') ? `${noun.slice(0, -3)}y` : noun.replace(/s$/, ''))

test('every action of the audit log has words', () => {
  const own = [...sources.matchAll(/insert_audit\([^"]*?"(\w+)"|"(outbox_\w+)"\)/g)].map(
    ([, first, second]) => first ?? second,
  )
  expect(own.length).toBeGreaterThan(20)
  expect(changes.length).toBeGreaterThan(80)
  const actions = [...changes.map(({ operationId }) => operationId), ...own]
  expect(actions.filter(action => action && !actionText(action))).toEqual([])
})

test('everything that an entry names can be shown', () => {
  const inPaths = changes.flatMap(({ path }) => /\/([^/{}]+)\/\{/.exec(path)?.[1] ?? []).map(singular)
  const made = /(?:insert_audit|set_audit_subject|set_subject)\([^;]*?format!\("([a-z_-]+):\{/g
  const own = [...sources.matchAll(made)].map(([, noun]) => noun)
  const created = [...sources.matchAll(/Self::new\("([a-z-]+)", "[a-z_]+_id", /g)].map(([, noun]) => noun)
  expect(own).toContain('appointment')
  expect(created).toContain('tag')
  const nouns = new Set([...inPaths, ...own, ...created])
  expect([...nouns].filter(noun => noun && !subjectForm(noun))).toEqual([])
})
