// The presence updates of the device: online, typing.
import type { BinaryNode } from 'baileys'
import { inner } from './stanza.ts'

export interface Presence {
  /** The chat; empty for all chats. */
  to: string
  /** One of available, unavailable, composing, recording, paused. */
  state: string
}

export function presenceOf(node: BinaryNode): Presence | undefined {
  const { tag, attrs } = node
  if (tag === 'presence') return attrs.type ? { to: attrs.to ?? '', state: attrs.type } : undefined
  const state = inner(node)[0]
  if (!state) return undefined
  return { to: attrs.to ?? '', state: state.attrs.media === 'audio' ? 'recording' : state.tag }
}
