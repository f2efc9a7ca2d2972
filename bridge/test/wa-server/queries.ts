// The device's queries (`<iq>`) and their answers.
import { type BinaryNode, S_WHATSAPP_NET } from 'baileys'
import type { Connection } from './connection.ts'
import { drop } from './endings.ts'
import type { Network } from './network.ts'
import type { Pairing } from './pairing.ts'
import { bytesOf, child, children, inner, seconds, stanza, unsigned } from './stanza.ts'
import { answerUsync } from './usync.ts'

/** The maximum file size that the media host reports: 100 MiB. */
const MAX_MEDIA_BYTES = '104857600'

export class Queries {
  /** The number of queries of each kind, by namespace and first child: "encrypt:count". */
  readonly counts: Record<string, number> = {}

  constructor(
    private readonly network: Network,
    private readonly pairing: Pairing,
    /** Called when the device is ready to receive the waiting stanzas. */
    private readonly onActive: (connection: Connection) => Promise<void>,
  ) {}

  async take(connection: Connection, query: BinaryNode): Promise<void> {
    const { id, type, xmlns, to } = query.attrs
    if (type === 'result' || type === 'error') return this.pairing.acknowledged(connection, query)
    const subject = inner(query)[0]
    const name = `${xmlns ?? type}:${subject?.tag ?? ''}`
    this.counts[name] = (this.counts[name] ?? 0) + 1
    if (this.network.options.stallIq.includes(name)) return
    const from = to && to !== S_WHATSAPP_NET ? to : S_WHATSAPP_NET
    const content = this.answer(connection, name, query, subject)
    connection.send(stanza('iq', { from, type: 'result', id }, content.length ? content : undefined))
    if (name === 'passive:active' && !connection.active) {
      connection.active = true
      await this.onActive(connection)
    }
    if (name === 'md:remove-companion-device') this.removeDevice(connection)
  }

  private answer(connection: Connection, name: string, query: BinaryNode, subject?: BinaryNode): BinaryNode[] {
    const { network } = this
    switch (name) {
      case 'encrypt:count':
        return [stanza('count', { value: String(network.options.preKeyCount ?? network.device.preKeys.length) })]
      case 'encrypt:digest':
        return [stanza('digest')]
      case 'encrypt:registration':
        return this.takeKeys(query)
      case 'encrypt:rotate':
        return this.takeSignedPreKey(child(subject, 'skey'))
      case 'encrypt:key':
        return [
          stanza(
            'list',
            {},
            children(subject, 'user').map(node => this.keysOf(node.attrs.jid ?? '')),
          ),
        ]
      case 'usync:usync':
        return subject ? answerUsync(network, subject) : []
      case 'privacy:privacy':
        return [stanza('privacy', {}, [stanza('category', { name: 'readreceipts', value: 'all' })])]
      case 'abt:props':
        return [stanza('props', { hash: 'test' }, [])]
      case 'blocklist:':
        return [stanza('list', {}, [])]
      case 'md:link_code_companion_reg':
        return subject ? this.pairing.codeStep(connection, subject) : []
      case 'w:sync:app:state:sync':
        return [stanza('sync', {}, children(subject, 'collection').map(emptyCollection))]
      case 'w:m:media_conn': {
        const host = stanza('host', { hostname: network.media.host, maxContentLengthBytes: MAX_MEDIA_BYTES })
        return [stanza('media_conn', { auth: 'test', ttl: '300' }, [host])]
      }
      case 'w:g2:query':
        return [this.groupOf(query.attrs.to ?? '')]
      default:
        return []
    }
  }

  private takeKeys(query: BinaryNode): BinaryNode[] {
    const { device, journal } = this.network
    const keys = children(child(query, 'list'), 'key')
    for (const key of keys) {
      device.preKeys.push({ id: unsigned(bytesOf(child(key, 'id'))), key: bytesOf(child(key, 'value')) })
    }
    journal.note('prekeys', { added: keys.length, total: device.preKeys.length })
    return this.takeSignedPreKey(child(query, 'skey'))
  }

  private takeSignedPreKey(node: BinaryNode | undefined): BinaryNode[] {
    if (node) this.network.device.signedPreKey = signedPreKeyOf(node)
    return []
  }

  private keysOf(jid: string): BinaryNode {
    const { users } = this.network
    const user = users.byJid(jid)
    if (user && users.exists(user)) return user.keyBundle(jid)
    return stanza('user', { jid }, [stanza('error', { code: '404', text: 'item-not-found' })])
  }

  /** A group consists of the business and the users who have written in it, or of all users if none has. */
  private groupOf(jid: string): BinaryNode {
    const { users, groups } = this.network
    const members = groups.get(jid) ?? new Set(users.all)
    const participants = [users.own, ...members]
      .filter((user, index, all) => all.indexOf(user) === index)
      .map(user => stanza('participant', { jid: user.lidJid, phone_number: user.jid }))
    const id = jid.split('@')[0]
    return stanza('group', { id, subject: 'Test group', creation: seconds(), addressing_mode: 'lid' }, participants)
  }

  private removeDevice(connection: Connection): void {
    this.network.device.revoked = true
    this.network.journal.note('logout-by-client')
    drop(this.network, connection, 'close')
  }
}

export const signedPreKeyOf = (node: BinaryNode) => ({
  id: unsigned(bytesOf(child(node, 'id'))),
  key: bytesOf(child(node, 'value')),
  signature: bytesOf(child(node, 'signature')),
})

/** Returns an empty collection. Without it, Baileys would request its application state endlessly. */
const emptyCollection = ({ attrs }: BinaryNode): BinaryNode =>
  stanza('collection', { name: attrs.name, version: attrs.version ?? '0', type: 'result' }, [])
