// Queries about people: whether they are on WhatsApp, their devices, and their LIDs.
import type { BinaryNode } from 'baileys'
import type { Network } from './network.ts'
import { child, children, digitsOf, inner, stanza } from './stanza.ts'

export function answerUsync(network: Network, usync: BinaryNode): BinaryNode[] {
  const wanted = inner(child(usync, 'query')).map(({ tag }) => tag)
  const users = children(child(usync, 'list'), 'user').map(user => answerUser(network, user, wanted))
  return [stanza('usync', {}, [stanza('list', {}, users)])]
}

function answerUser({ people, account }: Network, user: BinaryNode, wanted: string[]): BinaryNode {
  const number = child(user, 'contact')?.content
  const phone = number && digitsOf(Buffer.from(number as Uint8Array).toString())
  const asked = user.attrs.jid ?? `${phone}@s.whatsapp.net`
  const person = people.byJid(asked)
  const exists = person !== undefined && people.exists(person)
  const answers: BinaryNode[] = []
  if (wanted.includes('contact')) answers.push(stanza('contact', { type: exists ? 'in' : 'out' }))
  if (exists && wanted.includes('devices')) {
    const devices = [stanza('device', { id: '0' })]
    if (account && !account.revoked && person.phone === account.phone) {
      const id = String(account.device)
      devices.push(stanza('device', { id, 'key-index': id }))
    }
    answers.push(stanza('devices', {}, [stanza('device-list', {}, devices)]))
  }
  if (exists && wanted.includes('lid')) answers.push(stanza('lid', { val: person.lidJid }))
  return stanza('user', { jid: asked.endsWith('@lid') || !person ? asked : person.jid }, answers)
}
