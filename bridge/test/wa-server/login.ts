// Logins: which devices the server accepts, and how it refuses the others.
import { type proto, S_WHATSAPP_NET } from 'baileys'
import type { Connection } from './connection.ts'
import { drop } from './endings.ts'
import type { Network } from './network.ts'
import type { Pairing } from './pairing.ts'
import { seconds, stanza } from './stanza.ts'

/** `failure`: the code with which the next login is refused; with `sticky`, all logins until it is cleared. */
export interface NextLogin {
  failure?: string | number
  sticky?: boolean
}

export class Login {
  count = 0
  private next: NextLogin = {}

  constructor(
    private readonly network: Network,
    private readonly pairing: Pairing,
  ) {}

  expect(next: NextLogin): void {
    this.next = next
  }

  arrive(connection: Connection, payload: proto.ClientPayload, noiseKey: Buffer): void {
    const { failure, sticky } = this.next
    if (failure !== undefined) {
      if (!sticky) this.next = {}
      this.refuse(connection, String(failure))
    } else if (payload.devicePairingData) {
      this.pairing.register(connection, payload, noiseKey)
    } else {
      this.admit(connection, payload, noiseKey)
    }
  }

  private admit(connection: Connection, payload: proto.ClientPayload, noiseKey: Buffer): void {
    const { account } = this.network
    const known = account && String(payload.username) === account.phone && payload.device === account.device
    if (!known || account.revoked || !account.noiseKey.equals(noiseKey)) {
      this.refuse(connection, '401')
      return
    }
    const previous = this.network.live
    // A frozen connection does not count as open, so it is not dropped: its socket stays until the client closes it.
    if (previous?.open) drop(this.network, previous, 'replaced')
    this.network.live = connection
    this.count++
    const { primary, secondary, tertiary } = payload.userAgent?.appVersion ?? {}
    const version = [primary, secondary, tertiary].join('.')
    this.network.journal.note('login', { connection: connection.id, version, passive: payload.passive === true })
    connection.send(stanza('success', { t: seconds(), lid: account.lidJid, creation: seconds(), location: 'test' }))
  }

  private refuse(connection: Connection, reason: string): void {
    this.network.journal.note('login-refused', { connection: connection.id, failure: reason })
    connection.send(stanza('failure', { reason, location: 'test', from: S_WHATSAPP_NET }))
    connection.close()
  }
}
