import { describe, expect, test } from 'vitest'
import { diffLines } from './compare'
import { find, search } from './search'
import { hrefOf, type Item, PARTS, SECTIONS } from './sections'
import { fromText, ownValue, reasonParts, toText } from './value'

const item = (kind: string, more = {}) => ({ key: '', kind, optional: false, minimum: null, maximum: null, ...more })

describe('the values of settings', () => {
  test('numbers are read within their range', () => {
    const wait = item('duration', { minimum: 0, maximum: 600 })
    expect(fromText(wait, ' 15 ', 'IL')).toEqual({ value: 15 })
    expect(fromText(wait, '1.5', 'IL')).toEqual({ problem: 'number' })
    expect(fromText(wait, 'ten', 'IL')).toEqual({ problem: 'number' })
    expect(fromText(wait, '601', 'IL')).toEqual({ problem: 'range' })
    expect(fromText(wait, '-1', 'IL')).toEqual({ problem: 'range' })
    expect(fromText(item('decimal'), '0.5', 'IL')).toEqual({ value: 0.5 })
  })

  test('an empty field resets what may be left out', () => {
    expect(fromText(item('integer'), '', 'IL')).toEqual({ value: null })
    expect(fromText(item('text', { optional: true }), ' ', 'IL')).toEqual({ value: null })
    expect(fromText(item('text'), '', 'IL')).toEqual({ value: '' })
    expect(fromText(item('list'), ' , ', 'IL')).toEqual({ value: [] })
  })

  test('lists and phone numbers are read from text', () => {
    expect(fromText(item('list'), 'a@x.example, b@x.example', 'IL')).toEqual({ value: ['a@x.example', 'b@x.example'] })
    expect(toText(['twilio', 'baileys'])).toBe('twilio, baileys')
    expect(fromText(item('phone'), '052-555-0142', 'IL')).toEqual({ value: '+972525550142' })
    expect(fromText(item('phone'), '+44 20 7946 0000', 'IL')).toEqual({ value: '+442079460000' })
  })

  test('a list of phone numbers accepts them as they are dialled', () => {
    const numbers = item('list', { key: 'voice.ring_numbers' })
    expect(fromText(numbers, '052-555-0142, 03 555 1234\n+442079460000', 'IL')).toEqual({
      value: ['+972525550142', '+97235551234', '+442079460000'],
    })
    expect(fromText(numbers, '052-555-0142, 12', 'IL')).toEqual({ value: ['+972525550142', '12'] })
    expect(fromText(item('list'), '052-555-0142', 'IL')).toEqual({ value: ['052-555-0142'] })
  })

  test('the values in the explanation of a refusal are found', () => {
    expect(reasonParts('found ["a b", "1"]: no; allowed: x')).toEqual(['found ', ['a b', '1'], ': no; allowed: x'])
    expect(reasonParts('found "054-12": no')).toEqual(['found ', ['054-12'], ': no'])
    expect(reasonParts('נמצא "x": לא דוא"ל; מותר: דוא"ל')).toEqual(['נמצא ', ['x'], ': לא דוא"ל; מותר: דוא"ל'])
  })

  test('outside Israel a national number stays as it was typed, for the daemon to refuse', () => {
    expect(fromText(item('phone'), '020 7946 0000', 'GB')).toEqual({ value: '020 7946 0000' })
    expect(fromText(item('phone'), '+44 20 7946 0000', 'GB')).toEqual({ value: '+442079460000' })
  })

  test('undo sets what the page had set, and resets the rest', () => {
    expect(ownValue({ source: 'page', kind: 'integer', value: 7 })).toBe(7)
    expect(ownValue({ source: 'default', kind: 'integer', value: 7 })).toBeNull()
    expect(ownValue({ source: 'page', kind: 'secret', value: null })).toBeNull()
  })
})

test('a search finds first the setting whose name was typed', () => {
  const named = (title: string) => ({ title, help: '', key: title }) as Item
  const items = [named('Longest wait for the caller'), named('Longest call')]
  expect(find(items, ' longest  Call', ({ title }) => [title, '']).map(({ title }) => title)).toEqual([
    'Longest call',
    'Longest wait for the caller',
  ])
})

describe('the search over all settings', () => {
  const setting = { key: 'voice.max_call_s', section: 'voice', title: 'Longest call', help: '' } as Item
  const links = (query: string, isOwner = true) =>
    search([setting], query, isOwner, ({ message = '' }) => message).map(({ href }) => href)

  test('the search finds sections, the pages of other features, and the parts of both', () => {
    expect(links('longest')).toEqual(['/app/settings/phone?at=voice.max_call_s'])
    expect(links('אסימוני')).toEqual(['/app/account?at=tokens'])
    expect(links('הסיסמה שלי')).toEqual(['/app/account?at=password'])
    expect(links('כניסות')).toEqual(['/app/account', '/app/account?at=sessions'])
    expect(links('משחזרים')).toEqual(['/app/settings/backup?at=restore'])
  })

  test('the additional words of a section find the section', () => {
    expect(links('שחזור')).toContain('/app/settings/backup')
    expect(links('דומיין')).toEqual(['/app/settings/address'])
    for (const word of ['חגים', 'ימי חופש', 'שבת']) expect(links(word), word).toContain('/app/settings/hours')
    expect(links('התקנה')).toEqual(['/app/setup'])
    expect(links('התקנה', false)).toEqual([])
  })

  test('names of products are found as Hebrew writes them', () => {
    for (const word of ['וואטסאפ', 'ווטסאפ', 'ואטסאפ', 'בוואטסאפ', 'לווטסאפ', 'whatsapp']) {
      expect(links(word), word).toContain('/app/settings/whatsapp')
    }
    const account = { key: 'twilio.account_sid', section: 'twilio', title: 'Account of Twilio', help: '' } as Item
    for (const word of ['טוויליו', 'טויליו', 'בטוויליו']) {
      const hits = search([account], word, true, ({ message = '' }) => message)
      expect(
        hits.map(({ key }) => key),
        word,
      ).toEqual([account.key])
    }
  })

  test('hits with the same title are distinguished by their group', () => {
    const items = ['google', 'soniox', 'voice'].map(section => {
      const title = section === 'voice' ? 'Longest call' : 'Voice'
      return { key: `${section}.x`, section, title, help: '' } as Item
    })
    const within = (query: string) => search(items, query, true, ({ message = '' }) => message).map(hit => hit.within)
    expect(within('voice')).toEqual(expect.arrayContaining(['הסוכן · Google', 'הסוכן · Soniox']))
    expect(within('longest')).toEqual(['טלפון'])
  })

  test('the search finds for staff only what they may open', () => {
    expect(links('אסימוני', false)).toEqual([])
    expect(links('שחזור', false)).toEqual([])
    expect(links('הסיסמה שלי', false)).toEqual(['/app/account?at=password'])
  })

  test('each part belongs to a section, and to owners only where its section does', () => {
    for (const { section, title, at, ownerOnly = false } of PARTS) {
      const found = SECTIONS.find(({ id }) => id === section)
      expect(found, section).toBeDefined()
      if (!found) continue
      const isFound = (isOwner: boolean) => links(title.message ?? '', isOwner).includes(hrefOf(found, at))
      expect(isFound(true), at).toBe(true)
      expect(isFound(false), at).toBe(!(found.ownerOnly || ownerOnly))
    }
  })
})

describe('the comparison of texts', () => {
  const sides = (before: string, after: string) => {
    const found = diffLines(before, after)
    const side = (left: 'added' | 'removed') =>
      found
        .filter(({ kind }) => kind !== left)
        .map(({ text }) => text)
        .join('\n')
    return [side('added'), side('removed')]
  }

  test('a changed line is removed and added in place', () => {
    expect(diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text }) => `${kind[0]}${text}`)).toEqual([
      'sa',
      'rb',
      'ax',
      'sc',
    ])
    expect(diffLines('a', 'a\nb').map(({ kind }) => kind)).toEqual(['same', 'added'])
    expect(diffLines('', '')).toEqual([])
  })

  test('both texts can be read from their comparison, and no common line is lost', () => {
    let seed = 7
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let round = 0; round < 200; round++) {
      const text = () => Array.from({ length: 1 + next(9) }, () => 'abc'[next(3)]).join('\n')
      const [before, after] = [text(), text()]
      expect(sides(before, after)).toEqual([before, after])
      expect(diffLines(before, before).every(({ kind }) => kind === 'same')).toBe(true)
    }
  })
})
