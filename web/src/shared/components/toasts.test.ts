import { expect, test } from 'vitest'
import { withToast } from './toasts'

type Toast = Parameters<typeof withToast>[1]
let id = 0
const error = (text: string, run?: () => void): Toast => ({
  id: id++,
  text,
  kind: 'error',
  ...(run && { action: { label: 'again', run } }),
})

test('one button repeats all actions that failed for the same reason', () => {
  const ran: number[] = []
  let shown: readonly Toast[] = []
  for (const at of [1, 2, 3])
    shown = withToast(
      shown,
      error('no connection', () => ran.push(at)),
    )
  shown = withToast(shown, error('no connection'))
  expect(shown).toHaveLength(1)
  shown[0]?.action?.run()
  expect(ran).toEqual([1, 2, 3])
})

test('errors with other texts keep their own buttons', () => {
  const ran: string[] = []
  const first = withToast(
    [],
    error('a', () => ran.push('a')),
  )
  const shown = withToast(
    first,
    error('b', () => ran.push('b')),
  )
  shown[1]?.action?.run()
  expect(ran).toEqual(['b'])
  expect(shown).toHaveLength(2)
})

test('an undo belongs to its own change', () => {
  const ran: string[] = []
  const done = (name: string): Toast => ({
    id: id++,
    text: 'saved',
    kind: 'done',
    action: { label: 'undo', run: () => ran.push(name) },
  })
  const shown = withToast(withToast([], done('first')), done('second'))
  shown[0]?.action?.run()
  expect(ran).toEqual(['second'])
})
