/// <reference lib="webworker" />
// Over HTTP/1.1 a browser allows six connections to a host, and each stream uses one. Therefore all tabs share this
// stream.
import { EventStream, type Signal } from './source'

/** `after` is the number of the last change that the data in the tab's HTML file contains. */
export type Request = { ask: 'start' | 'stop' | 'leave'; after?: number }

const ports = new Map<MessagePort, boolean>()
const broadcast = (signal: Signal) => {
  for (const port of ports.keys()) port.postMessage(signal)
}
const stream = new EventStream(broadcast)

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
