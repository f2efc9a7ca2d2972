import { expect, test } from 'vitest'
import { caretAfter, joinDrafts } from './join-drafts'

const joined = (base: string, theirs: string, mine: string) => joinDrafts({ base, theirs, mine })

test('texts of two devices are joined, and neither is doubled', () => {
  expect(joined('', 'The price is 420', 'one moment')).toBe('The price is 420\none moment')
  expect(joined('', 'The price is 420', 'The price')).toBe('The price is 420')
  expect(joined('', 'The price', 'The price is 420')).toBe('The price is 420')
  expect(joined('', 'מחר ב־9?\nאו ב־10', 'או ב־10')).toBe('מחר ב־9?\nאו ב־10')
  // Only whole words count as contained.
  expect(joined('', 'לכן נדבר', 'כן')).toBe('לכן נדבר\nכן')
  expect(joined('', 'nothing', 'no')).toBe('nothing\nno')
  expect(joined('', 'see you', ' \n')).toBe('see you')
  expect(joined('', 'a', 'b\n\nc')).toBe('a\nb\n\nc')
})

test('both devices have continued the same text', () => {
  expect(joined('Hello', 'Hello from B', 'Hello from A')).toBe('Hello from B\nHello from A')
  // The next round: each device has its own line, which it continues.
  expect(joined('Hello from B', 'Hello from B\nHello from A', 'Hello from B again')).toBe(
    'Hello from B again\nHello from A',
  )
  expect(joined('a\nb', 'a\nb\nc', 'a\nb\nd')).toBe('a\nb\nc\nd')
})

test('a line that one device has deleted or replaced is not restored by the other', () => {
  expect(joined('a\nb', 'a', 'a\nb\nc')).toBe('a\nc')
  expect(joined('a\nb', 'a\nb\nc', 'b')).toBe('b\nc')
  expect(joined('helo', 'helo world', 'hello')).toBe('helo world\nhello')
})

test('a draft that was sent or deleted stays deleted, and later words are kept', () => {
  expect(joined('Hello', '', 'Hello')).toBe('')
  expect(joined('Hello', '', 'Hello again')).toBe('again')
  expect(joined('Hello', '', 'Hello\nagain')).toBe('again')
  // A part of the text that was sent.
  expect(joined('Hello again', '', 'Hello')).toBe('')
  expect(joined('Hello', '', 'Another one')).toBe('Another one')
  // Sent or deleted here.
  expect(joined('Hello', 'Hello again', '')).toBe('again')
  expect(joined('Hello', 'Another one', '')).toBe('Another one')
})

test('the caret stays in its line', () => {
  const at = (before: string, after: string) => {
    const caret = caretAfter({ before: before.replace('|', ''), after, caret: before.indexOf('|') })
    return `${after.slice(0, caret)}|${after.slice(caret)}`
  }
  expect(at('one mo|', 'The price\none mo')).toBe('The price\none mo|')
  expect(at('one| mo', 'The price\none mo\nand')).toBe('The price\none| mo\nand')
  expect(at('a\nb|', 'a\nb\nc')).toBe('a\nb|\nc')
  expect(at('Hello| again', 'again')).toBe('again|')
})
