import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { concerns, rootsOf } from '#shared/events/changes'
import './registry'

interface Schema {
  $ref?: string
  properties?: Record<string, Schema>
}
const root = fileURLToPath(new URL('../../../', import.meta.url))
const api = JSON.parse(readFileSync(`${root}docs/openapi.json`, 'utf8')) as {
  paths: Record<string, { get?: { responses: Record<string, { content?: Record<string, { schema?: Schema }> }> } }>
  components: { schemas: Record<string, Schema> }
}

/** The response fields that become out of date when a contact is changed, merged or erased. */
const OF_CONTACT = ['contact_id', 'contact_name', 'contact_number']

/** Paths whose responses keep the contact as it was. */
const KEPT = new Set(['/api/audit'])

function namesContact(schema: unknown, seen: readonly string[] = []): boolean {
  if (schema === null || typeof schema !== 'object') return false
  const { $ref, properties = {} } = schema as Schema
  const name = $ref?.split('/').at(-1)
  if (name !== undefined) return !seen.includes(name) && namesContact(api.components.schemas[name], [...seen, name])
  return OF_CONTACT.some(field => field in properties) || Object.values(schema).some(part => namesContact(part, seen))
}

test('a change of a contact invalidates every response that contains it', () => {
  const paths = Object.entries(api.paths).flatMap(([path, { get }]) =>
    namesContact(get?.responses['200']?.content?.['application/json']?.schema) && !KEPT.has(path) ? [path] : [],
  )
  expect(paths.length).toBeGreaterThan(15)
  for (const kind of ['contact_updated', 'contact_deleted']) {
    expect(paths.filter(path => !concerns(path, rootsOf(kind)))).toEqual([])
  }
})

test('the deletion of a contact frees the times of its appointments', () => {
  const paths = ['/api/free-slots', '/api/free-gaps', '/api/waiting-list', '/api/appointments']
  expect(paths.filter(path => !concerns(path, rootsOf('contact_deleted')))).toEqual([])
})
