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

/** The response fields that become out of date when another item is changed, by the kinds of these changes. */
const NAMED: Record<string, readonly string[]> = {
  // Also when a contact is merged or erased.
  contact_updated: ['contact_id', 'contact_name', 'contact_number'],
  contact_deleted: ['contact_id', 'contact_name', 'contact_number'],
  service_updated: ['service_name'],
  resource_updated: ['resource_name'],
  user_updated: ['assignee_name'],
}

/** Paths whose responses keep the names as they were. */
const KEPT = new Set(['/api/audit'])

function has(fields: readonly string[], schema: unknown, seen: readonly string[] = []): boolean {
  if (schema === null || typeof schema !== 'object') return false
  const { $ref, properties = {} } = schema as Schema
  const name = $ref?.split('/').at(-1)
  if (name !== undefined) return !seen.includes(name) && has(fields, api.components.schemas[name], [...seen, name])
  return fields.some(field => field in properties) || Object.values(schema).some(part => has(fields, part, seen))
}

test.each(Object.entries(NAMED))('%s invalidates every response that contains what it names', (kind, fields) => {
  const paths = Object.entries(api.paths).flatMap(([path, { get }]) =>
    has(fields, get?.responses['200']?.content?.['application/json']?.schema) && !KEPT.has(path) ? [path] : [],
  )
  expect(paths.length).toBeGreaterThan(2)
  expect(paths.filter(path => !concerns(path, rootsOf(kind)))).toEqual([])
})

test('the deletion of a contact frees the times of its appointments', () => {
  const paths = ['/api/free-slots', '/api/free-gaps', '/api/waiting-list', '/api/appointments']
  expect(paths.filter(path => !concerns(path, rootsOf('contact_deleted')))).toEqual([])
})
