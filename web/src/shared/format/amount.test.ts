import { expect, test } from 'vitest'
import { parseAmount } from './amount'

test.each([
  ['99', 9_900],
  ['₪99', 9_900],
  ['99 ₪', 9_900],
  ['\u200F99.90\u00A0₪', 9_990],
  ['99.90', 9_990],
  ['99,90', 9_990],
  ['99,9', 9_990],
  ['0.5', 50],
  ['1,234', 123_400],
  ['1 234', 123_400],
  ['1,234.50', 123_450],
  ['1.234,50', 123_450],
  ['1,234,567', 123_456_700],
  ['1.234.567', 123_456_700],
  ['1,234,567.8', 123_456_780],
  ['123456789', 12_345_678_900],
  ['', null],
  [' ₪ ', null],
])('the amount %s is %s', (text, value) => expect(parseAmount(text)).toBe(value))

test.each([
  '1.234',
  '1,23,456',
  '12,34.50',
  '1,234,50',
  '1.234.50',
  '1,234.567',
  '0,234',
  '1234,567',
  '12 34',
  '99.',
  ',90',
  '99..9',
  '-5',
  '1e3',
  'הרבה',
  '1234567890',
])('%s is not an amount', text => expect(parseAmount(text)).toBeUndefined())

test('the number of digits is limited', () => {
  expect(parseAmount('1,234,567', 7)).toBe(123_456_700)
  expect(parseAmount('12,345,678', 7)).toBeUndefined()
})
