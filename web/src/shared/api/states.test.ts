import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { TEXTS } from './problem-text'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
interface Schema {
  enum?: string[]
  properties?: Record<string, Schema>
}
const { schemas } = (
  JSON.parse(readFileSync(`${root}docs/openapi.json`, 'utf8')) as { components: { schemas: Record<string, Schema> } }
).components
const sources = readdirSync(`${root}web/src`, { recursive: true, encoding: 'utf8' })
  .filter(path => /\.tsx?$/.test(path) && !path.includes('.test.') && !path.endsWith('schema.ts'))
  .map(path => readFileSync(`${root}web/src/${path}`, 'utf8'))
  .join('\n')
const words = new Set(
  [...sources.matchAll(/'([A-Za-z0-9_]*)'|\b([A-Za-z0-9_]+):/g)].map(([, quoted, key]) => quoted ?? key),
)

/** States for which the page has no text, and the reason. */
const ELSEWHERE: Record<string, string> = {
  AiMode: 'the agent answers calls only, so each conversation is `off`',
  AlertState: 'the page lists those that are raised',
  AlertTransition: 'of messages to the owner',
  ClosedReason: 'the calendar writes the name of the holiday, or the reason of the closure',
  GapState: 'the page lists those that are open',
  HebrewMonth: 'the browser writes Hebrew dates',
  Holiday: 'the API answers the name in both languages',
  HolidayKind: 'as Holiday',
  LeadOutcome: 'stages have names',
  SettingsCheck: 'the page asks for those that it needs',
  StartEvent: 'the alert about it has sentences in both languages',
}

test('every error code of the API has a text', () => {
  const codes = schemas.ErrorDetail?.properties?.code?.enum ?? []
  expect(codes.length).toBeGreaterThan(60)
  expect(codes.filter(code => !(code in TEXTS))).toEqual([])
})

test('every state that the API can answer occurs in the page', () => {
  const missing = Object.entries(schemas).flatMap(([name, { enum: values = [] }]) =>
    name in ELSEWHERE ? [] : values.filter(value => !words.has(value)).map(value => `${name}: ${value}`),
  )
  expect(missing).toEqual([])
  expect(Object.keys(ELSEWHERE).filter(name => !schemas[name]?.enum)).toEqual([])
})

test('the text of an answer to a finished change is shown', () => {
  // Responses whose fields are all relevant to a user: the page must read each of them.
  const fields = ['EraseContactResponse', 'RestartStatus', 'CallBooking', 'RunningSnapshot'].flatMap(name =>
    Object.keys(schemas[name]?.properties ?? {}).map(field => [name, field] as const),
  )
  expect(fields.length).toBeGreaterThan(8)
  // Only programs need the numbers of deleted rows.
  const isRead = (field: string) => field === 'deleted' || new RegExp(`\\b${field}\\b`).test(sources)
  expect(fields.filter(([, field]) => !isRead(field))).toEqual([])
})
