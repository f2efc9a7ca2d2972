import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** A history like the browser's: going back takes effect later, with `popstate`. */
class FakeHistory {
  states: unknown[] = [null]
  at = 0
  answers = true
  listeners: (() => void)[] = []
  get state() {
    return this.states[this.at]
  }
  pushState(state: unknown) {
    this.states = [...this.states.slice(0, this.at + 1), state]
    this.at += 1
  }
  replaceState(state: unknown) {
    this.states[this.at] = state
  }
  go(by: number) {
    setTimeout(() => {
      this.at = Math.max(0, this.at + by)
      if (this.answers) for (const run of this.listeners) run()
    }, 10)
  }
}

let history: FakeHistory
let addLayer: typeof import('./layers').addLayer
let navigateFrom: typeof import('./layers').navigateFrom

beforeEach(async () => {
  vi.useFakeTimers()
  vi.resetModules()
  history = new FakeHistory()
  vi.stubGlobal('history', history)
  vi.stubGlobal('window', { addEventListener: (_: string, run: () => void) => history.listeners.push(run) })
  ;({ addLayer, navigateFrom } = await import('./layers'))
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const back = () => {
  history.go(-1)
  vi.runAllTimers()
}

test('back closes the newest layer, and then the one below it', () => {
  const closed: string[] = []
  for (const name of ['sheet', 'dialog']) {
    const remove = addLayer(() => {
      closed.push(name)
      remove()
    })
  }
  vi.runAllTimers()
  expect(history.at).toBe(2)
  back()
  expect(closed).toEqual(['dialog'])
  back()
  expect(closed).toEqual(['dialog', 'sheet'])
})

test('a layer that is closed otherwise leaves no entry', () => {
  const close = addLayer(() => undefined)
  vi.runAllTimers()
  close()
  vi.runAllTimers()
  expect(history.at).toBe(0)
})

test('a layer that opens when another one closes is not closed with it', () => {
  const first = addLayer(() => undefined)
  vi.runAllTimers()
  const closed = vi.fn()
  first()
  addLayer(closed)
  vi.runAllTimers()
  expect(closed).not.toHaveBeenCalled()
  expect(history.at).toBe(1)
  back()
  expect(closed).toHaveBeenCalledOnce()
})

test('two layers that close together leave no entry, and a later one works', () => {
  const both = [addLayer(() => undefined), addLayer(() => undefined)]
  vi.runAllTimers()
  for (const close of both) close()
  vi.advanceTimersByTime(5)
  const closed = vi.fn()
  addLayer(closed)
  vi.runAllTimers()
  expect(history.at).toBe(1)
  back()
  expect(closed).toHaveBeenCalledOnce()
})

test('a browser that does not report that it went back blocks no later layer', () => {
  history.answers = false
  addLayer(() => undefined)()
  const close = addLayer(() => undefined)
  vi.runAllTimers()
  close()
  vi.runAllTimers()
  history.answers = true
  const closed = vi.fn()
  addLayer(closed)
  vi.runAllTimers()
  back()
  expect(closed).toHaveBeenCalledOnce()
})

test('a link in a layer that replaced its entry keeps the new page', () => {
  const close = addLayer(() => undefined)
  vi.runAllTimers()
  history.replaceState(null)
  close()
  vi.runAllTimers()
  expect(history.at).toBe(1)
})

test.each([1, 2, 3])('a link in the newest of %i layers leaves none of their entries', count => {
  vi.stubGlobal('location', { pathname: '/app/inbox/1', search: '' })
  const layers = Array.from({ length: count }, () => addLayer(() => undefined))
  vi.runAllTimers()
  expect(history.at).toBe(count)
  const navigate = (to: string, { replace }: { replace?: boolean } = {}) => {
    replace ? history.replaceState({ to }) : history.pushState({ to })
    for (const close of layers) close()
  }
  navigateFrom(navigate, '/app/tasks')
  vi.runAllTimers()
  expect(history.states).toEqual([null, { to: '/app/tasks' }])
  expect(history.at).toBe(1)
  back()
  history.go(1)
  vi.runAllTimers()
  expect(history.at).toBe(1)
})

test('an entry whose layer is closed is left at once', () => {
  // A link has led to another page although two layers were open.
  const both = [addLayer(() => undefined), addLayer(() => undefined)]
  vi.runAllTimers()
  history.replaceState(null)
  for (const close of both) close()
  vi.runAllTimers()
  expect(history.at).toBe(2)
  back()
  expect(history.at).toBe(0)
})

test('after a reload on the entry of a layer the page leaves it', async () => {
  history.pushState({ layer: 'before the reload' })
  vi.resetModules()
  await import('./layers')
  vi.runAllTimers()
  expect(history.at).toBe(0)
})
