import { expect, test } from 'vitest'
import { undoAll, withoutOutage, withoutRetry, withToast } from './toasts'

type Toast = Parameters<typeof withToast>[1]
let id = 0
const run = (toast: Toast | undefined) => {
  for (const { run } of toast?.action?.runs ?? []) run()
}
const error = (text: string, run?: () => void, request?: string): Toast => ({
  id: id++,
  text,
  kind: 'error',
  ...(run && { action: { label: 'again', runs: [{ run, request }] } }),
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
  run(shown[0])
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
  run(shown[1])
  expect(ran).toEqual(['b'])
  expect(shown).toHaveLength(2)
})

const done = (text: string, undo: () => unknown): Toast => ({ id: id++, text, kind: 'done', undos: [undo] })

test('an undo belongs to its own change', () => {
  const first = done('saved', () => 'first')
  const second = done('moved', () => 'second')
  expect(withToast(withToast([], first), second)).toEqual([first, second])
})

test('one button undoes all changes with the same text, the last one first', async () => {
  const ran: string[] = []
  const slow = async (name: string) => {
    await new Promise(resolve => setTimeout(resolve, 5))
    ran.push(name)
  }
  let shown: readonly Toast[] = []
  for (const name of ['a', 'b', 'c'])
    shown = withToast(
      shown,
      done('ticked', () => slow(name)),
    )
  expect(shown).toHaveLength(1)
  await undoAll(shown[0]?.undos ?? [])
  expect(ran).toEqual(['c', 'b', 'a'])
  const only = { ...done('ticked', () => slow('d')), isOnlyUndo: true }
  expect(withToast(shown, only)[0]?.undos).toEqual(only.undos)
})

test('after an outage, one calm toast repeats what has failed', () => {
  const ran: string[] = []
  const failed = (text: string, name?: string): Toast => ({
    ...error(text, name === undefined ? undefined : () => ran.push(name)),
    isOutage: true,
  })
  const other = error('wrong')
  const shown = withoutOutage([failed('offline', 'a'), other, failed('timeout', 'b'), failed('undo failed')], {
    id: 99,
    text: 'back',
  })
  expect(shown.map(({ text, kind }) => [text, kind])).toEqual([
    ['wrong', 'error'],
    ['back', 'waiting'],
  ])
  run(shown[1])
  expect(ran).toEqual(['a', 'b'])
  expect(withoutOutage([failed('undo failed'), other], { id: 99, text: 'back' })).toEqual([other])
})

test('a request that has succeeded since is not repeated', () => {
  const ran: string[] = []
  const failed = (text: string, name: string) => error(text, () => ran.push(name), name)
  const shown = withToast(withToast(withToast([], failed('offline', 'a')), failed('offline', 'b')), failed('slow', 'c'))
  const left = withoutRetry(withoutRetry(shown, 'a'), 'c')
  expect(left.map(({ text }) => text)).toEqual(['offline'])
  run(left[0])
  expect(ran).toEqual(['b'])
  expect(withoutRetry(left, 'a')).toBe(left)
})
