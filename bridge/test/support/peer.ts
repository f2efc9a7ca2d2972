import type { OutboundMessage } from '../wa-server/outbound.ts'
import type { WaServer } from '../wa-server/server.ts'
import { until } from './until.ts'

/** Returns all copies of the message with this id that the server has received. */
export function handedOver(server: WaServer, id: string): OutboundMessage[] {
  return server.state().outbound.filter(message => message.id === id)
}

/** Returns how often contacts were shown a message with this text. */
export function shown(server: WaServer, text: string): number {
  const { outbound } = server.state()
  return outbound.filter(message => message.text === text && message.message && !message.duplicate && !message.error)
    .length
}

/** Waits until the server has received a message with this text. */
export function arrived(server: WaServer, text: string): Promise<OutboundMessage> {
  return until(`"${text}" at the server`, () => server.state().outbound.find(message => message.text === text))
}

/** Waits until the device has acknowledged or refused every message. */
export function acknowledged(server: WaServer, limitMs?: number): Promise<unknown> {
  const isDone = () => server.state().inbound.every(one => one.state === 'acknowledged' || one.state === 'refused')
  return until('the device has acknowledged every message', isDone, limitMs)
}

/** Returns how often WhatsApp was queried about contacts. */
export function questions(server: WaServer): number {
  return server.state().iqs['usync:usync'] ?? 0
}
