import { describe, expect, test } from 'vitest'
import { dirOf, isolate, langOf, orderedParts, stripMarks } from './bidi'
import { formatPhone, isPhone, phoneParts } from './phone'
import { duration, Formatter } from './time'

describe('phone numbers', () => {
  test.each([
    ['+972541234567', '054-123-4567'],
    ['+97235551234', '03-555-1234'],
    ['+972771234567', '077-123-4567'],
    ['+9721700123456', '1-700-123-456'],
    ['+12125550123', '+1 212-555-0123'],
    ['+442079460018', '+44 207 946 0018'],
    ['+4930123456', '+49 3 012 3456'],
    ['+35312345678', '+353 1 234 5678'],
    ['*6040', '*6040'],
  ])('the number %s is shown as %s', (number, shown) => expect(formatPhone(number, 'IL')).toBe(shown))

  test('abroad, Israeli numbers are international', () => {
    expect(formatPhone('+972541234567', 'US')).toBe('+972 54-123-4567')
  })

  test('every digit stays, in order', () => {
    for (const number of ['+972541234567', '+97221234567', '+12125550123', '+4915112345678', '+97250123']) {
      const digits = formatPhone(number, 'IL').replace(/\D/g, '')
      expect(number.slice(1).endsWith(digits.replace(/^0/, ''))).toBe(true)
    }
  })

  test.each([
    ['אפשר לחזור ל +972 54-111-2233 תודה', '+972 54-111-2233', 'tel:+972541112233'],
    ['חזרו אליי ל-054-111-2233', '054-111-2233', 'tel:0541112233'],
    ['(0541112233)', '0541112233', 'tel:0541112233'],
    ['המשרד: 03-555 1234.', '03-555 1234', 'tel:035551234'],
    ['במשרד (03) 555-1234', '(03) 555-1234', 'tel:035551234'],
    ['1-700-123-456', '1-700-123-456', 'tel:1700123456'],
    ['תתקשרו ל-*6040', '*6040', 'tel:*6040'],
    ['call +1 (212) 555-0123, thanks', '+1 (212) 555-0123', 'tel:+12125550123'],
  ])('a number within a text is found: %s', (text, number, tel) => {
    const parts = phoneParts(text)
    expect(parts.map(part => part.text).join('')).toBe(text)
    expect(parts.filter(part => part.tel)).toEqual([{ text: number, at: text.indexOf(number), tel }])
  })

  test.each([
    'מ-10:00 עד 12:30',
    '22.11.2026',
    '01-11-2026',
    'קבלה 20541112233',
    '1,250 ₪',
    'ISBN 978-0-13-468599-1',
    '2 * 300',
  ])('the text %s has no phone number', text => expect(phoneParts(text).some(part => part.tel)).toBe(false))

  test('a name is no number', () => {
    expect(isPhone('+972541234567')).toBe(true)
    expect(isPhone('דנה 054')).toBe(false)
  })
})

describe('times', () => {
  const he = new Formatter('he', 'Asia/Jerusalem')
  const now = new Date('2026-11-22T08:30:00Z')

  test('times are those of the business, whatever the zone of the machine', () => {
    expect(he.time('2026-11-22T07:12:00Z')).toBe('9:12')
    expect(he.day('2026-11-21T22:30:00Z')).toBe('2026-11-22')
    // The night on which the clock goes forward.
    expect(he.time('2027-03-26T07:00:00Z')).toBe('10:00')
    expect(he.time('2027-03-25T08:00:00Z')).toBe('10:00')
  })

  test('rows show the time, the day, the weekday, the date', () => {
    expect(he.when('2026-11-22T06:50:00Z', now)).toBe('8:50')
    expect(he.when('2026-11-21T06:50:00Z', now)).toBe('אתמול')
    expect(he.when('2026-11-20T06:50:00Z', now)).toContain('ו׳')
    expect(he.when('2026-10-01T06:50:00Z', now)).toBe('1 באוקטובר')
    expect(he.when('2025-10-01T06:50:00Z', now)).toContain('2025')
  })

  test('a waiting conversation shows for how long', () => {
    expect(he.ago('2026-11-22T08:26:00Z', now)).toMatch(/לפני 4 דק/)
    expect(he.ago('2026-11-22T05:30:00Z', now)).toBe('לפני 3 שעות')
    expect(he.ago('2026-11-20T05:30:00Z', now)).toBe('שלשום')
    // The browser's clock is behind the daemon's.
    expect(he.ago('2026-11-22T08:31:00Z', now)).toBe('עכשיו')
  })

  test('ranges are isolated, the start first', () => {
    expect(he.range('2026-11-22T10:30:00Z', '2026-11-22T12:30:00Z')).toBe('\u206612:30–14:30\u2069')
  })

  test('the Hebrew date has letters', () => {
    expect(he.hebrewDate('2026-11-22T10:00:00Z')).toMatch(/י״ב בכסלו/)
  })

  test('money, durations and sizes are formatted', () => {
    expect(stripMarks(he.money(25_000))).toMatch(/^250\s₪$/)
    expect(stripMarks(he.money(25_050))).toMatch(/^250\.50\s₪$/)
    expect(duration(67_400)).toBe('1:07')
    expect(duration(3_727_000)).toBe('1:02:07')
    expect(duration(-5)).toBe('0:00')
    expect(stripMarks(he.bytes(1_800_000_000))).toBe('1.8 GB')
  })
})

test('text without a letter follows the page; marks that reorder are removed', () => {
  expect(dirOf('12:30 ☎')).toBeUndefined()
  expect(dirOf('שלום')).toBe('auto')
  expect(stripMarks('\u202Egpj.exe\u2066')).toBe('gpj.exe')
  // Vowel points and accents are kept, but stacks of them are shortened.
  for (const text of ['שָׁלוֹם', 'בְּרֵאשִׁ֖ית', 'é', '👩🏽‍🦱']) expect(stripMarks(text)).toBe(text)
  expect(stripMarks(`ש${'\u0301'.repeat(500)}ב`)).toBe(`ש${'\u0301'.repeat(6)}ב`)
})

test.each([
  ['המספר +972 54-111-2233', '+972 54-111-2233'],
  ['במשרד (03) 555-1234', '(03) 555-1234'],
  ['או *2000', '*2000'],
  ['פתוח 10:00–12:30.', '10:00–12:30'],
  ['בדקה 00:30 / 03:30', '00:30 / 03:30'],
  ['ימים 3–5 בחודש', '3–5'],
  ['ירד (-5%)', '-5%'],
  ['קורס C++, ערב', 'C++'],
  ['מ9:00–17:00', '9:00–17:00'],
  ['ל3–5 ימים', '3–5'],
  ['כ1.5–2 שעות', '1.5–2'],
  ['1–2.5ק״ג', '1–2.5'],
  ['+972541112233 10:30', '+972541112233'],
  ['+972 54-111-2233 20.11.2026', '+972 54-111-2233'],
])('what a Hebrew line would reorder is a part of its own: %s', (text, found) => {
  const parts = orderedParts(text)
  expect(parts.map(part => part.text).join('')).toBe(text)
  expect(parts.filter(part => part.isLtr)).toEqual([{ text: found, at: text.indexOf(found), isLtr: true }])
  expect(isolate(text)).toContain(`\u2066${found}\u2069`)
})

test.each([
  'הנחה של כ-5%',
  '10:00-12:30',
  '10:00–12:30pm',
  '*2500*',
  'מחפש C++ developer',
  '20.11.2026, 10:00',
  'דנה–יעל',
  'a#b',
  'צבע ותספורת',
])('the text %s is one part', text => expect(orderedParts(text)).toEqual([{ text, at: 0 }]))

test('a long text of digits takes no longer than other texts of its length', () => {
  const text = '1.'.repeat(50_000)
  expect(orderedParts(text)).toHaveLength(1)
}, 2_000)

test('a text is announced in its language, with the words of another in it', () => {
  expect(['שלום Tom', 'Hello', 'مرحبا', 'Привет', '4471 👍'].map(langOf)).toEqual(['he', 'en', 'ar', 'ru', undefined])
})
