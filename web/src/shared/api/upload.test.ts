import { afterEach, expect, test, vi } from 'vitest'
import { upload } from './upload'

const events: string[] = []

class FakeRequest {
  upload = {}
  onabort = () => {}
  open = () => events.push('open')
  setRequestHeader = () => undefined
  send = () => events.push('send')
  abort() {
    events.push('abort')
    this.onabort()
  }
}

vi.stubGlobal('XMLHttpRequest', FakeRequest)
vi.useFakeTimers()
afterEach(() => events.splice(0))

const send = (signal: AbortSignal) => upload({ path: '/api/media', body: new Blob(['sound']), signal })

test('an abort ends a running upload', async () => {
  const control = new AbortController()
  const sent = send(control.signal)
  control.abort()
  await expect(sent).rejects.toThrow('aborted')
  expect(events).toEqual(['open', 'send', 'abort'])
})

test('an upload that was aborted before it began is not sent', async () => {
  await expect(send(AbortSignal.abort())).rejects.toThrow('aborted')
  expect(events).toEqual([])
})
