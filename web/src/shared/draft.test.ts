import { expect, test } from 'vitest'
import { moveUnsent } from './draft'
import { recallOwn, rememberOwn } from './storage'

test('the unsent message to a merged contact joins that to the other one', () => {
  const values = (id: number) => ['draft', 'reply', 'files'].map(name => recallOwn(`${name}.${id}`))
  rememberOwn('draft.1', 'see you')
  rememberOwn('reply.1', '{"id":7}')
  rememberOwn('files.1', '[{"name":"a.pdf"}]')
  moveUnsent(1, 2)
  expect([values(1), values(2)]).toEqual([
    [null, null, null],
    ['see you', '{"id":7}', '[{"name":"a.pdf"}]'],
  ])
  rememberOwn('draft.3', 'at eight')
  rememberOwn('reply.3', '{"id":8}')
  rememberOwn('files.3', '[{"name":"b.pdf"}]')
  moveUnsent(3, 2)
  expect(values(2)).toEqual(['see you\nat eight', '{"id":7}', '[{"name":"a.pdf"},{"name":"b.pdf"}]'])
  // A text that was sent does not delete the other one.
  rememberOwn('draft.4', '')
  moveUnsent(4, 2)
  moveUnsent(4, 5)
  expect([values(2)[0], values(5)[0]]).toEqual(['see you\nat eight', null])
})
