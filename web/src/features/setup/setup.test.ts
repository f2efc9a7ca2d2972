import { expect, test } from 'vitest'
import type { Schemas } from '#shared/api/client'
import { groupedHours } from './hours'
import { dialled, type Facts, isDone, nextStep, openSteps, withScheme } from './steps'

const item = (key: string, more: Partial<Schemas['SettingItem']>) =>
  [key, { key, kind: 'text', value: null, secret_set: false, ...more } as Schemas['SettingItem']] as const

const facts = (items: (readonly [string, Schemas['SettingItem']])[], more: Partial<Facts> = {}): Facts => ({
  items: new Map(items),
  pointsHere: false,
  isLinked: false,
  hasHours: false,
  hasServices: false,
  hasAnswered: false,
  hasGreeting: false,
  hasAgent: false,
  hasTried: false,
  skipped: new Set(),
  ...more,
})

test('a step is done when it is verified, not when something was typed', () => {
  expect(isDone('address', facts([item('http.public_base_url', { value: 'http://10.0.0.2:8080' })]))).toBe(false)
  expect(isDone('address', facts([item('http.public_base_url', { value: 'https://shop.example' })]))).toBe(true)
  expect(isDone('phone', facts([item('twilio.account_sid', { value: 'AC1' })]))).toBe(false)
  expect(isDone('phone', facts([], { pointsHere: true }))).toBe(true)
  expect(isDone('ai', facts([item('openai.api_key', { kind: 'secret' })]))).toBe(false)
  expect(isDone('ai', facts([item('openai.api_key', { kind: 'secret', secret_set: true })]))).toBe(true)
  expect(isDone('ai', facts([], { hasAgent: true }))).toBe(true)
  expect(isDone('business', facts([], { hasHours: true }))).toBe(false)
  expect(isDone('name', facts([item('business.name', { value: '' })]))).toBe(false)
})

test('the set-up continues at the first step that is neither completed nor skipped', () => {
  const named = [item('business.name', { value: 'x' })]
  expect(nextStep(facts(named))).toBe('address')
  expect(nextStep(facts(named, { skipped: new Set(['address', 'phone']) }))).toBe('whatsapp')
  const rest = facts(named, {
    skipped: new Set(['address', 'phone', 'whatsapp', 'ai', 'greeting', 'business', 'call']),
  })
  expect(openSteps(rest).map(({ id }) => id)).toEqual(['agent'])
  expect(openSteps({ ...rest, hasTried: true })).toEqual([])
})

test('a number is dialled without its own country code', () => {
  expect(dialled('+97235550142', 'IL')).toBe('035550142')
  expect(dialled('+442079460000', 'IL')).toBe('+442079460000')
  expect(dialled('+97235550142', 'GB')).toBe('+97235550142')
})

test('weekdays with the same hours are shown together', () => {
  const long = [0, 1, 2, 3].map(weekday => ({ weekday, from: '09:00', to: '18:00' }))
  const split = [
    { weekday: 4, from: '09:00', to: '13:00' },
    { weekday: 4, from: '16:00', to: '19:00' },
  ]
  expect(groupedHours([...split, ...long])).toEqual([
    { weekdays: [0, 1, 2, 3], ranges: '9:00–18:00' },
    { weekdays: [4], ranges: '9:00–13:00, 16:00–19:00' },
  ])
})

test.each([
  ['shop.co.il', 'https://shop.co.il'],
  [' shop.example:8443 ', 'https://shop.example:8443'],
  ['חנות.example/', 'https://חנות.example/'],
  ['https://shop.example', 'https://shop.example'],
  ['http://shop.example', 'http://shop.example'],
  ['מספרה', 'מספרה'],
  ['shop', 'shop'],
  ['a b.example', 'a b.example'],
  ['', ''],
])('a bare domain becomes an https address: «%s»', (typed, address) => {
  expect(withScheme(typed)).toBe(address)
})
