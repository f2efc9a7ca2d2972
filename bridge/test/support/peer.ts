import type { OutboundMessage } from '../wa-server/outbound.ts'
import type { WaServer } from '../wa-server/server.ts'
import { until } from './until.ts'

export function handedOver(server: WaServer, id: string): OutboundMessage[] {
  return server.state().outbound.filter(message => message.id === id)
}

/** Returns how often contacts were shown a message with this text; copies that a phone would not show do not count. */
export function shown(server: WaServer, text: string): number {
  const { outbound } = server.state()
  return outbound.filter(message => message.text === text && message.message && !message.duplicate && !message.error)
    .length
}

export function arrived(server: WaServer, text: string): Promise<OutboundMessage> {
  return until(`"${text}" at the server`, () => server.state().outbound.find(message => message.text === text))
}

/** Waits until the device has acknowledged or refused every message. */
export function acknowledged(server: WaServer, limitMs?: number): Promise<unknown> {
  const isDone = () => server.state().inbound.every(one => one.state === 'acknowledged' || one.state === 'refused')
  return until('the device has acknowledged every message', isDone, limitMs)
}

export function questions(server: WaServer): number {
  return server.state().iqs['usync:usync'] ?? 0
}
