// The presence updates of the device: online, typing.
import type { BinaryNode } from 'baileys'
import { inner } from './stanza.ts'

/** One presence update of the device. */
export interface Presence {
  /** The chat; empty for all chats. */
  to: string
  /** One of available, unavailable, composing, recording, paused. */
  state: string
}

/** Reads a `<presence>` or a `<chatstate>`. */
export function presenceOf(node: BinaryNode): Presence | undefined {
  const { tag, attrs } = node
  if (tag === 'presence') return attrs.type ? { to: attrs.to ?? '', state: attrs.type } : undefined
  const state = inner(node)[0]
  if (!state) return undefined
  return { to: attrs.to ?? '', state: state.attrs.media === 'audio' ? 'recording' : state.tag }
}
