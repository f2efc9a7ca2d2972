import { describe, expect, test } from 'vitest'
import {
  argumentsOf,
  bodyOf,
  draftOf,
  isComplete,
  newHeader,
  newParameter,
  restored,
  type Tool,
  withoutSecrets,
} from './draft'

const TOOL: Tool = {
  id: 1,
  name: 'check_stock',
  description: 'When a caller asks',
  method: 'GET',
  url: 'https://shop.example/{part}',
  parameters: [
    { name: 'part', type: 'string', description: 'The part', required: true, choices: ['pump', 'valve'] },
    { name: 'count', type: 'integer', description: 'How many', required: false, choices: [] },
  ],
  headers: [{ name: 'authorization', value_set: true }],
  time_limit_s: 5,
  enabled: true,
  archived: false,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:00.000Z',
  etag: '"1"',
}

describe('the form of a tool', () => {
  test('a tool that is not edited is stored as it is, without its secret', () => {
    const { name, description, method, url, parameters, time_limit_s, enabled } = TOOL
    expect(bodyOf(draftOf(TOOL))).toEqual({
      name,
      description,
      method,
      url,
      parameters,
      headers: [{ name: 'authorization' }],
      time_limit_s,
      enabled,
    })
  })

  test('a new secret is sent, and choices are separated by commas', () => {
    const draft = draftOf(TOOL)
    const parameter = { ...newParameter(), name: 'size', description: 'The size', choices: 'big, small,, big' }
    const header = { ...newHeader(), name: 'X-Key', value: ' k ' }
    const body = bodyOf({ ...draft, parameters: [parameter], headers: [header] })
    expect(body.parameters).toMatchObject([{ name: 'size', choices: ['big', 'small'] }])
    expect(body.headers).toEqual([{ name: 'X-Key', value: 'k' }])
  })

  test('a tool can be sent once every required field has a value', () => {
    const draft = draftOf(TOOL)
    expect(isComplete(draft)).toBe(true)
    expect(isComplete(draftOf())).toBe(false)
    for (const more of [
      { name: 'Check' },
      { name: 'ab' },
      { description: ' ' },
      { url: 'https://' },
      { limit: '0' },
      { limit: '16' },
      { limit: 'x' },
      { parameters: [newParameter()] },
      { headers: [newHeader()] },
    ]) {
      expect(isComplete({ ...draft, ...more }), JSON.stringify(more)).toBe(false)
    }
  })
})

describe('what the browser keeps of a form', () => {
  const stored = draftOf({ ...TOOL, url: 'https://shop.example/{part}?key=abc' })
  const kept = (more: Partial<typeof stored>) => {
    const text = JSON.stringify(withoutSecrets({ ...stored, ...more }, stored))
    return { text, next: restored(JSON.parse(text), stored) }
  }

  test('a typed secret is not kept, and must be typed again', () => {
    const header = stored.headers[0] ?? newHeader()
    for (const headers of [[{ ...header, value: 'k-1' }], [{ ...newHeader(), name: 'X-Key', value: 'k-1' }]]) {
      const { text, next } = kept({ headers })
      expect(text).not.toContain('k-1')
      expect(text).not.toBe(kept({}).text)
      expect(isComplete(next)).toBe(false)
      expect(isComplete({ ...next, headers: next.headers.map(one => ({ ...one, value: 'k-2' })) })).toBe(true)
    }
    const { next } = kept({ description: 'Other' })
    expect(bodyOf(next)).toEqual({ ...bodyOf(stored), description: 'Other' })
    expect(isComplete(next)).toBe(true)
  })

  test('a key in an address is not kept, and the address must be completed', () => {
    const addresses = {
      'https://shop.example/a?key=def': 'https://shop.example/a?',
      'https://shop.example/{part}?key=def': 'https://shop.example/{part}?',
      'https://me:def@shop.example/': '',
      'https://shop.example/b': 'https://shop.example/b',
    }
    for (const [url, left] of Object.entries(addresses)) {
      const { text, next } = kept({ url })
      expect(text).not.toContain('def')
      expect(next.url).toBe(left)
      expect(isComplete(next), url).toBe(left === url)
    }
    expect(kept({ limit: '9' }).text).not.toContain('abc')
    expect(kept({ limit: '9' }).next.url).toBe(stored.url)
  })
})

test('arguments have the types of their parameters', () => {
  const types = { text: 'string', whole: 'integer', any: 'number', flag: 'boolean' } as const
  const parameters = Object.entries(types).map(([name, type]) => ({ name, type, description: 'x' }))
  expect(argumentsOf(parameters, { text: ' 12 ', whole: '12', any: '1.5', flag: 'false' })).toEqual({
    text: '12',
    whole: 12,
    any: 1.5,
    flag: false,
  })
  expect(argumentsOf(parameters, { text: '', whole: 'many' })).toEqual({ whole: 'many' })
})
