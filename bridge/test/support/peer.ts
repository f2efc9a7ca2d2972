import type { OutboundMessage } from '../wa-server/outbound.ts'
import type { WaServer } from '../wa-server/server.ts'
import { until } from './until.ts'

/** All copies that the server got of the message with this id. */
export function handedOver(server: WaServer, id: string): OutboundMessage[] {
  return server.state().outbound.filter(message => message.id === id)
}

/** How often a contact was shown a message with this text. */
export function shown(server: WaServer, text: string): number {
  const { outbound } = server.state()
  return outbound.filter(message => message.text === text && message.message && !message.duplicate && !message.error)
    .length
}

/** Waits until the server got a message with this text. */
export function arrived(server: WaServer, text: string): Promise<OutboundMessage> {
  return until(`"${text}" at the server`, () => server.state().outbound.find(message => message.text === text))
}

/** Waits until the device has answered every message: it has stored it, or had it already. */
export function acknowledged(server: WaServer, limitMs?: number): Promise<unknown> {
  const isDone = () => server.state().inbound.every(one => one.state === 'acknowledged' || one.state === 'refused')
  return until('the device has acknowledged every message', isDone, limitMs)
}

/** How often WhatsApp was queried about contacts. */
export function questions(server: WaServer): number {
  return server.state().iqs['usync:usync'] ?? 0
}
