import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { proto } from 'baileys'
import { contactOf } from '../../src/whatsapp/contact-identity.ts'
import { envelopeOf } from '../../src/whatsapp/envelope.ts'
import { readContent } from '../../src/whatsapp/message-content.ts'
import { parseMessage } from '../../src/whatsapp/parse-message.ts'
import type { WireEvent } from '../../src/wire/event.ts'
import { BRIDGE } from '../support/paths.ts'

interface Case {
  readonly name: string
  readonly stanza: Readonly<Record<string, string>>
  readonly message: object
  readonly event: WireEvent | null
}

// The daemon's tests read the same fixtures.
const cases: Case[] = JSON.parse(readFileSync(join(BRIDGE, '../tests/fixtures/bridge/messages.json'), 'utf8'))
const self = { phone: '972355512340:3@s.whatsapp.net', lid: '300000000000001:3@lid' }

for (const { name, stanza, message, event } of cases) {
  test(`the daemon's event: ${name}`, () => {
    // Encodes and decodes the message, as on the network.
    const bytes = proto.Message.encode(proto.Message.fromObject(message)).finish()
    const outer = proto.Message.decode(bytes)
    const envelope = envelopeOf(stanza, self)
    const parsed = parseMessage({
      id: stanza.id ?? '',
      envelope,
      contact: contactOf(envelope.chat, envelope.other),
      pushName: stanza.notify,
      timestamp: Number(stanza.t),
      message: outer.deviceSentMessage?.message ?? outer,
      own: '972355512340',
    })
    const url = (event as { media_url?: string | null } | null)?.media_url
    assert.equal(parsed?.file !== undefined, typeof url === 'string')
    assert.deepEqual(parsed ? { ...parsed.event, ...(url ? { media_url: url } : {}) } : null, event)
  })
}

test('a message from our own phone is never attributed to another contact', () => {
  const stanza = { from: self.phone, recipient: '111@lid', sender_pn: self.phone, sender_lid: self.lid, id: 'A' }
  const envelope = envelopeOf(stanza, self)
  assert.deepEqual(envelope, { chat: '111@lid', other: undefined, fromMe: true })
})

test("an attacker's oversized content is truncated", () => {
  const of = (message: object) => readContent(proto.Message.fromObject(message))?.text.length ?? 0
  const vcard = 'TEL:0501234567\n'.repeat(200_000)
  assert.ok(of({ contactMessage: { displayName: 'x', vcard } }) < 2000)
  const options = Array.from({ length: 100_000 }, (_, i) => ({ optionName: `אפשרות ${i}` }))
  assert.ok(of({ pollCreationMessage: { name: 'x', options } }) < 2000)
  assert.equal(of({ conversation: 'x'.repeat(1_000_000) }), 65_536)
})
