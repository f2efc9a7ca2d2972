// Queries about users: whether they are on WhatsApp, their devices, and their LIDs.
import type { BinaryNode } from 'baileys'
import type { Network } from './network.ts'
import { child, children, digitsOf, inner, stanza } from './stanza.ts'

export function answerUsync(network: Network, usync: BinaryNode): BinaryNode[] {
  const wanted = inner(child(usync, 'query')).map(({ tag }) => tag)
  const results = children(child(usync, 'list'), 'user').map(node => answerUser(network, node, wanted))
  return [stanza('usync', {}, [stanza('list', {}, results)])]
}

function answerUser({ users, account }: Network, node: BinaryNode, wanted: string[]): BinaryNode {
  const number = child(node, 'contact')?.content
  const phone = number && digitsOf(Buffer.from(number as Uint8Array).toString())
  const asked = node.attrs.jid ?? `${phone}@s.whatsapp.net`
  const user = users.byJid(asked)
  const exists = user !== undefined && users.exists(user)
  const answers: BinaryNode[] = []
  if (wanted.includes('contact')) answers.push(stanza('contact', { type: exists ? 'in' : 'out' }))
  if (exists && wanted.includes('devices')) {
    const devices = [stanza('device', { id: '0' })]
    if (account && !account.revoked && user.phone === account.phone) {
      const id = String(account.device)
      devices.push(stanza('device', { id, 'key-index': id }))
    }
    answers.push(stanza('devices', {}, [stanza('device-list', {}, devices)]))
  }
  if (exists && wanted.includes('lid')) answers.push(stanza('lid', { val: user.lidJid }))
  return stanza('user', { jid: asked.endsWith('@lid') || !user ? asked : user.jid }, answers)
}
