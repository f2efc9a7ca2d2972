// The ways in which the server ends a connection.
import type { BinaryNode } from 'baileys'
import type { Connection } from './connection.ts'
import type { Network } from './network.ts'
import { stanza } from './stanza.ts'

/**
 * `reset`: TCP reset; `close`: an orderly close; `xmlstreamend`: the end of the stream is announced; `restart`: the
 * code 515; `replaced`: another client has logged in; `device_removed`: the phone has removed the device; `freeze`: the
 * server stops reading and answering; `code`: a stream error with any code.
 */
export const DROPS = [
  'reset',
  'close',
  'xmlstreamend',
  'restart',
  'replaced',
  'device_removed',
  'freeze',
  'code',
] as const

export type Drop = (typeof DROPS)[number]

export function drop(network: Network, connection: Connection, kind: Drop, code?: number): void {
  const farewell = farewellOf(kind, code)
  network.journal.note('drop', { connection: connection.id, kind, ...(code !== undefined && { code }) })
  if (kind === 'freeze') {
    connection.freeze()
    return
  }
  if (network.live === connection) network.live = undefined
  if (kind === 'device_removed' && network.account) network.account.revoked = true
  if (farewell) connection.send(farewell)
  if (kind === 'reset') connection.reset()
  else connection.close()
}

function farewellOf(kind: Drop, code: number | undefined): BinaryNode | undefined {
  switch (kind) {
    case 'restart':
      return stanza('stream:error', { code: '515' })
    case 'replaced':
      return stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })])
    case 'device_removed':
      return stanza('stream:error', { code: '401' }, [stanza('conflict', { type: 'device_removed' })])
    case 'xmlstreamend':
      return stanza('xmlstreamend')
    case 'code':
      if (!Number.isInteger(code)) throw new Error('the kind "code" needs a code')
      return stanza('stream:error', { code: String(code) })
    default:
      return undefined
  }
}
