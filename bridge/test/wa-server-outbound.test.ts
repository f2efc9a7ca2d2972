// Tests of the WhatsApp test server with an ordinary Baileys client: messages from the device.
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  base64,
  client,
  jid,
  link,
  outboundOf,
  prepare,
  received,
  send,
  server,
  start,
  status,
} from './wa-server/fixture.ts'

before(() => prepare())

describe('messages from the device', () => {
  it('a message is decrypted, acknowledged, delivered and read', async () => {
    const to = '15552220001'
    const id = await send(jid(to), { text: 'good day' }, client, '3EB0000000000000000001')
    assert.equal(id, '3EB0000000000000000001')
    const message = outboundOf(id)
    assert.deepEqual([message?.kind, message?.text, message?.phone], ['text', 'good day', to])
    assert.ok(message?.copies.some(copy => copy.deviceSent && copy.text === 'good day'))
    await status(id, 3)
    await server.receipt({ id, type: 'read' })
    await status(id, 4)
    await server.receipt({ id, type: 'played', addressing: 'lid' })
    await status(id, 5)
    assert.equal(outboundOf(id)?.acknowledged, true)
  })

  it('a message is read at once when the recipient is quick', async () => {
    server.options({ autoReceipt: 'read' })
    try {
      await status(await send(jid('15552220012'), { text: 'quick?' }), 4)
    } finally {
      server.options({ autoReceipt: null })
    }
  })

  it('one receipt covers several messages', async () => {
    const to = jid('15552220002')
    const [first, second] = [await send(to, { text: '1' }), await send(to, { text: '2' })]
    await server.receipt({ id: first, type: 'read', ids: [second] })
    await status(second, 4)
  })

  it('the files of media messages are checked', async () => {
    const file = base64('a picture')
    const id = await send(jid('15552220003'), { image: { base64: file }, mimetype: 'image/png', caption: 'look' })
    const media = outboundOf(id)?.media
    assert.deepEqual([media?.kind, media?.bytes, media?.caption], ['image', 9, 'look'])
    assert.match(String(media?.sha256), /^[0-9a-f]{64}$/)
    const voice = await send(jid('15552220003'), {
      audio: { base64: file },
      mimetype: 'audio/ogg',
      ptt: true,
      seconds: 1,
    })
    assert.deepEqual([outboundOf(voice)?.kind, outboundOf(voice)?.media?.ptt], ['audio', true])
  })

  it('reactions, edits and deletions are distinguished', async () => {
    const to = jid('15552220004')
    const id = await send(to, { text: 'tpyo' })
    const key = { id, remoteJid: to, fromMe: true }
    assert.deepEqual(outboundOf(await send(to, { react: { text: '👍', key } }))?.kind, 'reaction')
    const edit = outboundOf(await send(to, { text: 'typo', edit: key }))
    assert.deepEqual([edit?.kind, edit?.text], ['edit', 'typo'])
    assert.equal(outboundOf(await send(to, { delete: key }))?.kind, 'deletion')
  })

  it('a message that comes twice is marked as a duplicate', async () => {
    const to = jid('15552220005')
    const id = await send(to, { text: 'once' })
    await send(to, { text: 'once' }, client, id)
    await server.until(() => server.state().outbound.filter(message => message.id === id).length === 2)
    assert.equal(outboundOf(id)?.duplicate, true)
  })

  it('a message that the recipient could not read is sent again', async () => {
    const id = await send(jid('15552220006'), { text: 'again, please' })
    await server.receipt({ id, type: 'retry' })
    await server.until(() => server.state().outbound.filter(message => message.id === id).length === 2)
    const again = outboundOf(id)
    assert.deepEqual([again?.text, again?.duplicate], ['again, please', false])
  })

  it('a message to a group reaches its members', async () => {
    const group = '120363000000000002@g.us'
    await server.inbound({ from: '15552220007', group, text: 'hi' })
    const message = outboundOf(await send(group, { text: 'hi all' }))
    assert.equal(message?.text, 'hi all')
    assert.ok(message?.copies.some(copy => copy.senderKey))
    // A receipt that arrives before the echo of its message would be reported together with the message, not as a
    // separate event.
    await received(String(message?.id))
    await server.receipt({ id: String(message?.id), type: 'read' })
    await client.until('group-receipt', receipt => receipt.id === message?.id)
  })

  it('a message goes unacknowledged, or gets an error, on request', async () => {
    const own = await start({ ackMessages: false })
    const sender = await link(own)
    const { id } = await sender.ask('send', { to: jid('15552220008'), content: { text: 'unheard' } })
    await own.journal.wait(({ event, id: about }) => event === 'client-message' && about === id)
    assert.equal(outboundOf(String(id), own)?.acknowledged, false)
    assert.deepEqual(sender.seen('ack'), [])
    own.options({ ackMessages: true, nextSendError: 463 })
    const refused = await send(jid('15552220008'), { text: 'too much' }, sender)
    assert.equal((await sender.until('ack', ack => ack.id === refused)).error, '463')
    const heard = await send(jid('15552220008'), { text: 'better' }, sender)
    assert.equal(outboundOf(heard, own)?.acknowledged, true)
  })

  it('a number that is not on WhatsApp is recognised', async () => {
    const own = await start({ notOnWhatsApp: ['15552220009'] })
    const asker = await link(own)
    const found = async (phone: string) =>
      ((await asker.ask('onWhatsApp', { phone })).found as { exists: boolean }[]).some(({ exists }) => exists)
    assert.equal(await found('15552220009'), false)
    assert.equal(await found('15552220010'), true)
  })

  it('messages from the own phone get receipts too', async () => {
    const { id } = await server.fromPhone({ to: '15552220011', text: 'hello' })
    await received(id)
    await server.receipt({ id, type: 'read' })
    await status(id, 4)
    await assert.rejects(server.receipt({ id: 'NONE' }), /nothing was sent/)
  })
})
