/// <reference lib="webworker" />
// The browser allows six connections to a host over HTTP/1.1, and each stream holds one: all tabs share this worker's.
import { EventStream, type Signal } from './source'

/** What a tab asks for; `after` is the last change that the data of its HTML file contains. */
export type Request = { ask: 'start' | 'stop' | 'leave'; after?: number }

const ports = new Map<MessagePort, boolean>()
const tell = (signal: Signal) => {
  for (const port of ports.keys()) port.postMessage(signal)
}
const stream = new EventStream(tell)

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
scope.onconnect = event => {
  const port = event.ports[0]
  if (!port) return
  ports.set(port, false)
  port.onmessage = ({ data: { ask, after } }: MessageEvent<Request>) => {
    if (ask === 'leave') ports.delete(port)
    else ports.set(port, ask === 'start')
    if (ask === 'start') {
      stream.start(after)
      for (const signal of stream.catchUp(after)) port.postMessage(signal)
    } else if (![...ports.values()].some(Boolean)) {
      stream.stop()
    }
  }
}
