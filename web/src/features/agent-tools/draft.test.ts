import { describe, expect, test } from 'vitest'
import { argumentsOf, bodyOf, draftOf, isComplete, newHeader, newParameter, type Tool } from './draft'

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
