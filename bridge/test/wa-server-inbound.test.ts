// Tests of the WhatsApp test server with an ordinary Baileys client: messages to the device.
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  acknowledged,
  base64,
  type Content,
  client,
  inboundOf,
  jid,
  type Key,
  link,
  prepare,
  received,
  server,
  start,
} from './wa-server/fixture.ts'

before(() => prepare())

describe('messages to the device', () => {
  it('text messages arrive in order', async () => {
    const from = '15551110001'
    const first = await server.inbound({ from, name: 'Alice', text: 'one' })
    const second = await server.inbound({ from, text: 'two' })
    const one = await received(first.id)
    const two = await received(second.id)
    assert.equal(one.name, 'Alice')
    assert.equal(one.type, 'notify')
    assert.equal(one.key.remoteJid, jid(from))
    assert.match(String(one.key.remoteJidAlt), /@lid$/)
    assert.deepEqual([one.content.conversation, two.content.conversation], ['one', 'two'])
    assert.ok(one.n < two.n)
    await acknowledged(second.id)
    assert.equal(inboundOf(first.id)?.deliveries, 1)
  })

  it('a message is addressed by LID on request, with or without the number', async () => {
    const open = await server.inbound({ from: '15551110002', addressing: 'lid', text: 'by LID' })
    const hidden = await server.inbound({
      from: '15551110003',
      addressing: 'lid',
      hidePhone: true,
      lid: '777',
      text: 'who?',
    })
    const known = await received(open.id)
    assert.match(known.key.remoteJid, /@lid$/)
    assert.equal(known.key.remoteJidAlt, jid('15551110002'))
    const unknown = await received(hidden.id)
    assert.equal(unknown.key.remoteJid, '777@lid')
    assert.equal(unknown.key.remoteJidAlt, undefined)
  })

  it('messages come in groups, by lists, as status and in channels', async () => {
    const from = '15551110004'
    const group = '120363000000000001@g.us'
    const inGroup = await received((await server.inbound({ from, group, text: 'to all' })).id)
    assert.equal(inGroup.key.remoteJid, group)
    assert.match(String(inGroup.key.participant), /@lid$/)
    const again = await received((await server.inbound({ from, group, text: 'again' })).id)
    assert.equal(again.content.conversation, 'again')
    const byList = await received((await server.inbound({ from, broadcast: '1700000000@broadcast', text: 'offer' })).id)
    assert.equal(byList.content.conversation, 'offer')
    assert.equal(byList.key.remoteJid, '1700000000@broadcast')
    const status = await received((await server.inbound({ from, broadcast: 'status', text: 'my day' })).id)
    assert.equal(status.content.conversation, 'my day')
    const channel = await server.inbound({ from, newsletter: '12036000001@newsletter', text: 'post' })
    assert.equal((await received(channel.id)).content.conversation, 'post')
    await acknowledged(channel.id)
  })

  it('a message for one view only is marked', async () => {
    const { id } = await server.inbound({ from: '15551110005', viewOnce: true, text: 'secret' })
    assert.equal((await received(id)).content, undefined)
    await acknowledged(id)
    const media = { kind: 'image', base64: base64('secret'), mimetype: 'image/jpeg' } as const
    const wrapped = await server.inbound({ from: '15551110005', viewOnce: 'wrapped', media })
    assert.ok((await received(wrapped.id)).content.viewOnceMessageV2)
  })

  it('the media of a message can be downloaded', async () => {
    const media = { kind: 'audio', base64: base64('a voice'), mimetype: 'audio/ogg', ptt: true, seconds: 3 } as const
    const { id } = await server.inbound({ from: '15551110006', media })
    assert.equal((await received(id)).content.audioMessage?.ptt, true)
    assert.equal((await client.ask('download', { id })).base64, media.base64)
  })

  it('media whose link has gone is uploaded again', async () => {
    const media = { kind: 'document', base64: base64('a bill'), mimetype: 'text/plain', fileName: 'bill' } as const
    const { id } = await server.inbound({ from: '15551110007', media: { ...media, gone: true } })
    await received(id)
    await assert.rejects(client.ask('download', { id }), /Failed to fetch/)
    assert.equal((await client.ask('download', { id, again: true })).base64, media.base64)
    const lost = await server.inbound({ from: '15551110007', media: { ...media, gone: 'lost' } })
    await received(lost.id)
    await assert.rejects(client.ask('download', { id: lost.id, again: true }), /re-upload/)
  })

  it('a message that the device cannot read is encrypted again', async () => {
    server.corruptNext()
    const { id } = await server.inbound({ from: '15551110008', text: 'second try' })
    const got = await Promise.any([
      client.until('message', entry => (entry.key as Key).id === id && Boolean(entry.content)),
      client.until('update', entry => entry.id === id && Boolean(entry.content)),
    ])
    assert.equal((got.content as Content).conversation, 'second try')
    await acknowledged(id)
    assert.equal(inboundOf(id)?.retries, 1)
  })

  it('a message stays undecrypted when the sender does not send it again', async () => {
    const own = await start({ resendOnRetry: false })
    await link(own)
    own.corruptNext()
    const { id } = await own.inbound({ from: '15551110009', text: 'lost' })
    await own.journal.wait(({ event, error }) => event === 'ack' && error === '500')
    assert.deepEqual([inboundOf(id, own)?.state, inboundOf(id, own)?.deliveries], ['retry', 1])
  })

  it('a message that comes twice is refused', async () => {
    const { id } = await server.inbound({ from: '15551110010', text: 'once' })
    await received(id)
    await acknowledged(id)
    await server.redeliver({ id })
    await server.journal.wait(({ event, id: about, error }) => event === 'ack' && about === id && error === '487')
    assert.equal(inboundOf(id)?.state, 'refused')
    await server.inbound({ from: '15551110010', text: 'next' })
  })

  it('a sender with a new phone opens another session', async () => {
    const from = '15551110011'
    await received((await server.inbound({ from, text: 'old phone' })).id)
    server.forget({ from })
    assert.equal(
      (await received((await server.inbound({ from, text: 'new phone' })).id)).content.conversation,
      'new phone',
    )
  })

  it('messages use up keys, of which the device then uploads more', async () => {
    const own = await start()
    await link(own)
    assert.equal(own.state().account?.preKeys, 5)
    await own.inbound({ from: '15551110016', text: 'one' })
    await own.until(() => own.state().account?.preKeys === 9)
  })

  it('messages of two users with the same id are kept apart', async () => {
    const id = 'SAME0001'
    await server.inbound({ from: '15551110012', id, text: 'mine' })
    await server.inbound({ from: '15551110013', id, text: 'yours' })
    for (const phone of ['15551110012', '15551110013']) {
      await client.until('message', entry => (entry.key as Key).remoteJid === jid(phone))
    }
    const states = () => server.state().inbound.filter(message => message.id === id)
    await server.until(() => states().every(({ state }) => state === 'acknowledged'))
  })

  it('messages from the own phone reach the device', async () => {
    const byNumber = await received((await server.fromPhone({ to: '15551110014', text: 'from the phone' })).id)
    assert.deepEqual([byNumber.key.fromMe, byNumber.key.remoteJid], [true, jid('15551110014')])
    assert.equal(byNumber.content.conversation, 'from the phone')
    const { id } = await server.fromPhone({ to: '15551110014', addressing: 'lid', text: 'by LID' })
    const byLid = await received(id)
    assert.deepEqual([byLid.key.fromMe, byLid.key.remoteJidAlt], [true, jid('15551110014')])
    await acknowledged(id)
  })

  it('the device reports that it has read a message, and that it types', async () => {
    const { id } = await server.inbound({ from: '15551110015', text: 'read me' })
    const { key } = await received(id)
    await client.ask('read', { key })
    await server.until(() => inboundOf(id)?.read === true)
    await client.ask('presence', { state: 'composing', to: jid('15551110015') })
    await server.journal.wait(({ event, state }) => event === 'presence' && state === 'composing')
    assert.deepEqual(server.state().presences.at(-1), { to: jid('15551110015'), state: 'composing' })
  })
})
