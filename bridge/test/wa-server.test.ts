// The WhatsApp server for tests, seen by an ordinary Baileys client in a process of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Curve } from 'baileys'
import { type Certificate, makeCertificate } from './wa-server/certificate.ts'
import { ClientProcess, type TestClient } from './wa-server/client-process.ts'
import type { OptionsPatch } from './wa-server/options.ts'
import { WaServer } from './wa-server/server.ts'

const preload = new URL('../../test/wa-server/trust-preload.cjs', import.meta.url)
const program = new URL('./wa-server/client.mjs', import.meta.url)

const root = Curve.generateKeyPair()
const servers: WaServer[] = []
let certificate: Certificate
let clients: ClientProcess
/** A server with a linked client, for tests that leave both as they were. */
let server: WaServer
let client: TestClient

/** A server of the test's own. */
async function start(options: OptionsPatch = {}): Promise<WaServer> {
  const started = await WaServer.start({ root, certificate, options: { preKeyCount: 1, ...options } })
  servers.push(started)
  return started
}

/** A client that is linked and has caught up. */
async function link(to: WaServer, settings = {}): Promise<TestClient> {
  const linked = clients.client(to.url, settings)
  to.scan({ qr: String((await linked.until('qr')).qr) })
  await linked.until('caught-up')
  return linked
}

before(async () => {
  certificate = await makeCertificate()
  server = await start()
  clients = new ClientProcess(preload, program, server)
  client = await link(server, { history: true })
})

after(async () => {
  await clients.stop()
  for (const started of servers) await started.stop()
  await certificate.remove()
})

type Key = { id: string; remoteJid: string; remoteJidAlt?: string; participant?: string; fromMe: boolean }
type Content = Record<string, { [name: string]: unknown }> & { conversation?: string }

/** The client's copy of a message with that id. */
async function received(id: string, by = client) {
  const message = await by.until('message', ({ key }) => (key as Key).id === id)
  const { n, type, name } = message
  return { n, type, name, key: message.key as Key, content: message.content as Content }
}

/** The server's view of a message to the device. */
const inboundOf = (id: string, on = server) => on.state().inbound.find(message => message.id === id)

/** Waits until the device has acknowledged a message. */
async function acknowledged(id: string, on = server): Promise<void> {
  await on.until(() => inboundOf(id, on)?.state === 'acknowledged')
}

/** Sends, and waits for the server's answer. */
async function send(to: string, content: object, by = client, id?: string): Promise<string> {
  const sent = String((await by.ask('send', { to, content, id })).id)
  await by.until('ack', ack => ack.id === sent)
  return sent
}

/** Waits until the client knows what has become of its message: 3 delivered, 4 read, 5 played. */
const status = (id: string, expected: number, by = client) =>
  Promise.any([
    by.until('update', update => update.id === id && update.status === expected),
    // While the echo of a sent message is on its way, its status comes with it.
    by.until('message', message => (message.key as Key).id === id && message.status === expected),
  ])

/** What the server got with that id: the latest. */
const outboundOf = (id: string, on = server) => on.state().outbound.findLast(message => message.id === id)

const jid = (phone: string) => `${phone}@s.whatsapp.net`
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('messages to the device', () => {
  it('arrive as text, in order', async () => {
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

  it('are addressed by LID when asked, with or without the number', async () => {
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

  it('come in groups, by lists, as status and in channels', async () => {
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
    const channel = await server.inbound({ from, newsletter: '12036000001@newsletter', text: 'news' })
    assert.equal((await received(channel.id)).content.conversation, 'news')
    await acknowledged(channel.id)
  })

  it('are told when they are for one view only', async () => {
    const { id } = await server.inbound({ from: '15551110005', viewOnce: true, text: 'secret' })
    assert.equal((await received(id)).content, undefined)
    await acknowledged(id)
    const media = { kind: 'image', base64: base64('secret'), mimetype: 'image/jpeg' } as const
    const wrapped = await server.inbound({ from: '15551110005', viewOnce: 'wrapped', media })
    assert.ok((await received(wrapped.id)).content.viewOnceMessageV2)
  })

  it('carry media that can be downloaded', async () => {
    const media = { kind: 'audio', base64: base64('a voice'), mimetype: 'audio/ogg', ptt: true, seconds: 3 } as const
    const { id } = await server.inbound({ from: '15551110006', media })
    assert.equal((await received(id)).content.audioMessage?.ptt, true)
    assert.equal((await client.ask('download', { id })).base64, media.base64)
  })

  it('have media uploaded again when the link has gone', async () => {
    const media = { kind: 'document', base64: base64('a bill'), mimetype: 'text/plain', fileName: 'bill' } as const
    const { id } = await server.inbound({ from: '15551110007', media: { ...media, gone: true } })
    await received(id)
    await assert.rejects(client.ask('download', { id }), /Failed to fetch/)
    assert.equal((await client.ask('download', { id, again: true })).base64, media.base64)
    const lost = await server.inbound({ from: '15551110007', media: { ...media, gone: 'lost' } })
    await received(lost.id)
    await assert.rejects(client.ask('download', { id: lost.id, again: true }), /re-upload/)
  })

  it('are encrypted again when the device cannot read them', async () => {
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

  it('stay unread when nobody sends them again', async () => {
    const own = await start({ resendOnRetry: false })
    await link(own)
    own.corruptNext()
    const { id } = await own.inbound({ from: '15551110009', text: 'lost' })
    await own.journal.wait(({ event, error }) => event === 'ack' && error === '500')
    assert.deepEqual([inboundOf(id, own)?.state, inboundOf(id, own)?.deliveries], ['retry', 1])
  })

  it('are refused when they come twice', async () => {
    const { id } = await server.inbound({ from: '15551110010', text: 'once' })
    await received(id)
    await acknowledged(id)
    await server.redeliver({ id })
    await server.journal.wait(({ event, id: about, error }) => event === 'ack' && about === id && error === '487')
    assert.equal(inboundOf(id)?.state, 'refused')
    await server.inbound({ from: '15551110010', text: 'next' })
  })

  it('open another session when the sender has a new phone', async () => {
    const from = '15551110011'
    await received((await server.inbound({ from, text: 'old phone' })).id)
    server.forget({ from })
    assert.equal(
      (await received((await server.inbound({ from, text: 'new phone' })).id)).content.conversation,
      'new phone',
    )
  })

  it('keep apart people who use the same id', async () => {
    const id = 'SAME0001'
    await server.inbound({ from: '15551110012', id, text: 'mine' })
    await server.inbound({ from: '15551110013', id, text: 'yours' })
    for (const phone of ['15551110012', '15551110013']) {
      await client.until('message', entry => (entry.key as Key).remoteJid === jid(phone))
    }
    const states = () => server.state().inbound.filter(message => message.id === id)
    await server.until(() => states().every(({ state }) => state === 'acknowledged'))
  })

  it('of the own phone reach the device', async () => {
    const byNumber = await received((await server.fromPhone({ to: '15551110014', text: 'from the phone' })).id)
    assert.deepEqual([byNumber.key.fromMe, byNumber.key.remoteJid], [true, jid('15551110014')])
    assert.equal(byNumber.content.conversation, 'from the phone')
    const { id } = await server.fromPhone({ to: '15551110014', addressing: 'lid', text: 'by LID' })
    const byLid = await received(id)
    assert.deepEqual([byLid.key.fromMe, byLid.key.remoteJidAlt], [true, jid('15551110014')])
    await acknowledged(id)
  })

  it('can be read, typed at and seen online', async () => {
    const { id } = await server.inbound({ from: '15551110015', text: 'read me' })
    const { key } = await received(id)
    await client.ask('read', { key })
    await server.until(() => inboundOf(id)?.read === true)
    await client.ask('presence', { state: 'composing', to: jid('15551110015') })
    await server.journal.wait(({ event, state }) => event === 'presence' && state === 'composing')
    assert.deepEqual(server.state().presences.at(-1), { to: jid('15551110015'), state: 'composing' })
  })
})

describe('messages from the device', () => {
  it('are decrypted, acknowledged, delivered and read', async () => {
    const to = '15552220001'
    const id = await send(jid(to), { text: 'good day' }, client, '3EB0000000000000000001')
    assert.equal(id, '3EB0000000000000000001')
    const message = outboundOf(id)
    assert.deepEqual([message?.kind, message?.text, message?.phone], ['text', 'good day', to])
    assert.ok(message?.copies.some(copy => copy.deviceSent && copy.text === 'good day'))
    await status(id, 3)
    await server.receipt({ id, type: 'read' })
    await status(id, 4)
    await server.receipt({ id, type: 'played' })
    await status(id, 5)
    assert.equal(outboundOf(id)?.acknowledged, true)
  })

  it('get receipts for several at once', async () => {
    const to = jid('15552220002')
    const [first, second] = [await send(to, { text: '1' }), await send(to, { text: '2' })]
    await server.receipt({ id: first, type: 'read', ids: [second] })
    await status(second, 4)
  })

  it('carry media, whose files are checked', async () => {
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

  it('are told apart: reactions, edits, deletions', async () => {
    const to = jid('15552220004')
    const id = await send(to, { text: 'tpyo' })
    const key = { id, remoteJid: to, fromMe: true }
    assert.deepEqual(outboundOf(await send(to, { react: { text: '👍', key } }))?.kind, 'reaction')
    const edit = outboundOf(await send(to, { text: 'typo', edit: key }))
    assert.deepEqual([edit?.kind, edit?.text], ['edit', 'typo'])
    assert.equal(outboundOf(await send(to, { delete: key }))?.kind, 'deletion')
  })

  it('are shown once when they come twice', async () => {
    const to = jid('15552220005')
    const id = await send(to, { text: 'once' })
    await send(to, { text: 'once' }, client, id)
    await server.until(() => server.state().outbound.filter(message => message.id === id).length === 2)
    assert.equal(outboundOf(id)?.duplicate, true)
  })

  it('are sent again when the recipient could not read them', async () => {
    const id = await send(jid('15552220006'), { text: 'again, please' })
    await server.receipt({ id, type: 'retry' })
    await server.until(() => server.state().outbound.filter(message => message.id === id).length === 2)
    const again = outboundOf(id)
    assert.deepEqual([again?.text, again?.duplicate], ['again, please', false])
  })

  it('reach the members of a group', async () => {
    const group = '120363000000000002@g.us'
    await server.inbound({ from: '15552220007', group, text: 'hi' })
    const message = outboundOf(await send(group, { text: 'hi all' }))
    assert.equal(message?.text, 'hi all')
    assert.ok(message?.copies.some(copy => copy.senderKey))
    await server.receipt({ id: String(message?.id), type: 'read' })
    await client.until('group-receipt', receipt => receipt.id === message?.id)
  })

  it('go unacknowledged, or get an error, when asked', async () => {
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

  it('find out who is not on WhatsApp', async () => {
    const own = await start({ notOnWhatsApp: ['15552220009'] })
    const asker = await link(own)
    const found = async (phone: string) =>
      ((await asker.ask('onWhatsApp', { phone })).found as { exists: boolean }[]).some(({ exists }) => exists)
    assert.equal(await found('15552220009'), false)
    assert.equal(await found('15552220010'), true)
  })

  it('of the own phone get receipts too', async () => {
    const { id } = await server.fromPhone({ to: '15552220011', text: 'hello' })
    await received(id)
    await server.receipt({ id, type: 'read' })
    await status(id, 4)
    await assert.rejects(server.receipt({ id: 'NOBODY' }), /nothing was sent/)
  })
})

describe('linking', () => {
  it('by QR: keys are uploaded, the stream restarts, the device is known', async () => {
    const own = await start({ preKeyCount: null })
    const linked = await link(own)
    assert.deepEqual(
      linked.seen('close').map(({ code }) => code),
      [515],
    )
    const { account, logins, registrations, connected } = own.state()
    assert.deepEqual([account?.jid, account?.preKeys], ['15550001000:1@s.whatsapp.net', 812])
    assert.deepEqual([logins, registrations, connected], [1, 1, true])
    const paired = own.events().find(({ event }) => event === 'paired')
    assert.equal(paired?.signed, true)
  })

  it('by QR: other texts are refused', async () => {
    const own = await start({ refSeconds: 0 })
    const waiting = clients.client(own.url)
    const { qr } = await waiting.until('qr')
    assert.equal(own.state().awaitingScan, true)
    assert.throws(() => own.scan({ qr: 'https://example.com' }), /not one of the waiting client/)
    assert.throws(() => own.scan({ qr: String(qr) }), /expired/)
  })

  it('by QR: a secret that was retired does not link', async () => {
    const own = await start({ regRefresh: true })
    const waiting = clients.client(own.url)
    const first = await waiting.until('qr')
    assert.deepEqual(own.scan({ qr: String(first.qr) }), { refresh: true })
    assert.throws(() => own.scan({ qr: String(first.qr) }), /retired/)
    const second = await waiting.until('qr', ({ qr }) => qr !== first.qr)
    own.scan({ qr: String(second.qr) })
    await waiting.until('open')
  })

  it('by code; a wrong one ends the connection', async () => {
    const own = await start()
    const phone = '15550001000'
    const waiting = clients.client(own.url)
    await waiting.until('qr')
    const { code } = await waiting.ask('pairingCode', { phone })
    await own.journal.wait(({ event }) => event === 'pair-code-hello')
    await own.enterCode({ code: String(code) })
    await waiting.until('open')
    const wrong = clients.client(own.url)
    await wrong.until('qr')
    await wrong.ask('pairingCode', { phone })
    await own.journal.wait(({ event }) => event === 'pair-code-hello', { after: own.journal.last - 1 })
    await assert.rejects(own.enterCode({ code: 'WRONG123' }), /wrong/)
    await wrong.until('close')
  })

  it('of another device leaves the former one out', async () => {
    const own = await start()
    const former = await link(own)
    const place = former.now
    const other = await link(own)
    assert.equal(own.state().account?.jid, '15550001000:2@s.whatsapp.net')
    assert.equal((await former.until('close', () => true, place)).code, 440)
    await former.ask('connect')
    await former.until('close', ({ code }) => code === 401, place)
    assert.equal(other.seen('close').length, 1)
  })

  it('ends when the client logs out', async () => {
    const own = await start()
    const linked = await link(own)
    await linked.ask('logout')
    await own.journal.wait(({ event }) => event === 'logout-by-client')
    assert.equal(own.state().account?.revoked, true)
    await assert.rejects(own.inbound({ from: '15553330001', text: 'anybody?' }), /no device is linked/)
  })
})

describe('connections', () => {
  it('end in every way, each with its code', async () => {
    const own = await start()
    const linked = await link(own)
    const ends = [
      [{ kind: 'reset' }, 428],
      [{ kind: 'close' }, 428],
      [{ kind: 'xmlstreamend' }, 428],
      [{ kind: 'restart' }, 515],
      [{ kind: 'code', code: 503 }, 503],
      [{ kind: 'replaced' }, 440],
      [{ kind: 'device_removed' }, 401],
    ] as const
    for (const [request, code] of ends) {
      const place = linked.now
      own.drop(request)
      assert.equal(own.state().connected, false)
      assert.equal((await linked.until('close', () => true, place)).code, code, request.kind)
      // 515 makes the client connect by itself.
      if (code !== 515) await linked.ask('connect')
      if (code !== 401) await linked.until('caught-up', () => true, place)
    }
    assert.throws(() => own.drop({ kind: 'code' }), /needs a code|nobody/)
    const refused = await own.journal.wait(({ event }) => event === 'login-refused')
    assert.equal(refused.failure, '401')
  })

  it('are refused at login, once or until told otherwise', async () => {
    const own = await start()
    const linked = await link(own)
    for (const code of [401, 402, 403, 405, 406, 411, 500, 503]) {
      const place = linked.now
      own.nextLogin({ failure: String(code) })
      own.drop({ kind: 'close' })
      await linked.until('close', () => true, place)
      await linked.ask('connect')
      await linked.until('close', close => close.code === code, place)
      await linked.ask('connect')
      await linked.until('caught-up', () => true, place)
    }
    own.nextLogin({ failure: 503, sticky: true })
    own.drop({ kind: 'close' })
    const place = linked.now
    for (const _ of [1, 2]) {
      const before = linked.now
      await linked.ask('connect')
      await linked.until('close', close => close.code === 503, before)
    }
    own.nextLogin()
    await linked.ask('connect')
    await linked.until('caught-up', () => true, place)
  })

  it('are not even made when the server refuses them', async () => {
    const own = await start({ refuseConnections: true })
    const refused = clients.client(own.url)
    await refused.until('close')
    assert.equal(own.state().registrations, 0)
  })

  it('freeze: nothing is answered while TCP stays up', async () => {
    const own = await start()
    const linked = await link(own)
    own.drop({ kind: 'freeze' })
    assert.deepEqual(await linked.ask('ping', { limitMs: 300 }), { answered: false })
    assert.equal(own.state().connected, true)
    await own.inbound({ from: '15553330002', text: 'into the void' })
    const place = linked.now
    await linked.ask('connect')
    await linked.until('message', () => true, place)
  })

  it('bring what has waited, until it is acknowledged', async () => {
    const own = await start()
    const linked = await link(own)
    own.drop({ kind: 'reset' })
    await linked.until('close', ({ code }) => code === 428)
    const ids: string[] = []
    for (const text of ['one', 'two', 'three']) ids.push((await own.inbound({ from: '15553330003', text })).id)
    assert.equal(inboundOf(String(ids[0]), own)?.state, 'queued')
    await linked.ask('connect')
    const first = await received(String(ids[0]), linked)
    assert.equal(first.type, 'append')
    await received(String(ids[2]), linked)
    await acknowledged(String(ids[2]), own)
    const order = linked.seen('message').map(({ content }) => (content as Content).conversation)
    assert.deepEqual(order, ['one', 'two', 'three'])
  })

  it('bring a message again whose receipt was lost, unchanged', async () => {
    const own = await start({ dropReceipts: true })
    const linked = await link(own)
    const { id } = await own.inbound({ from: '15553330004', text: 'twice' })
    await own.journal.wait(({ event }) => event === 'receipt')
    assert.equal(inboundOf(id, own)?.state, 'sent')
    own.options({ dropReceipts: null })
    own.drop({ kind: 'reset' })
    await linked.until('close', ({ code }) => code === 428)
    await linked.ask('connect')
    await own.journal.wait(({ event, error }) => event === 'ack' && error === '487')
    assert.deepEqual([inboundOf(id, own)?.state, inboundOf(id, own)?.deliveries], ['refused', 2])
  })

  it('bring receipts that came while the device was away', async () => {
    const own = await start({ autoReceipt: false })
    const linked = await link(own)
    const id = await send(jid('15553330005'), { text: 'seen?' }, linked)
    own.drop({ kind: 'close' })
    await linked.until('close', ({ code }) => code === 428)
    await own.receipt({ id, type: 'read' })
    await linked.ask('connect')
    await status(id, 4, linked)
  })

  it('stall where they are told to', async () => {
    const own = await start()
    const linked = await link(own)
    own.options({ stallIq: ['w:p:ping'] })
    assert.deepEqual(await linked.ask('ping', { limitMs: 200 }), { answered: false })
    own.options({ stallIq: [] })
    assert.deepEqual(await linked.ask('ping', { limitMs: 3000 }), { answered: true })
    assert.equal(own.state().iqs['w:p:ping'], 2)
  })
})

describe('history', () => {
  it('reaches a new device', async () => {
    const own = await start()
    const linked = clients.client(own.url, { history: true })
    own.scan({ qr: String((await linked.until('qr')).qr) })
    await linked.until('open')
    const messages = [
      { id: 'H1', text: 'long ago', t: 1_700_000_000 },
      { id: 'H2', text: 'answered', fromMe: true, t: 1_700_000_010 },
    ]
    await own.history({ conversations: [{ jid: jid('15554440001'), name: 'Bob', messages }] })
    const history = await linked.until('history')
    assert.deepEqual([history.texts, history.chats], [['long ago', 'answered'], 1])
  })

  it('comes as a file as well', async () => {
    const messages = [{ id: 'H3', text: 'in a file' }]
    const conversations = [{ jid: jid('15554440003'), messages }]
    await server.history({ conversations, syncType: 3, inline: false })
    await client.until('history', ({ texts }) => (texts as string[]).includes('in a file'))
  })
})

describe('the control API', () => {
  it('answers over HTTP, and tells what is wrong', async () => {
    const call = async (path: string, body?: object) => {
      const init = body && { method: 'POST', body: JSON.stringify(body) }
      const response = await fetch(`${server.control}${path}`, init)
      return [response.status, await response.json()] as [number, Record<string, unknown>]
    }
    const [status, { id }] = await call('/inbound', { from: '15554440002', text: 'by HTTP' })
    assert.equal(status, 200)
    await received(String(id))
    assert.equal((await call('/state'))[1].connected, true)
    const [, events] = await call(`/events?after=${server.journal.last - 1}`)
    assert.equal(events.length, 1)
    assert.deepEqual(await call('/receipt', { id: 'NONE' }), [400, { error: 'nothing was sent with the id NONE' }])
    assert.equal((await call('/options', { nonsense: 1 }))[0], 400)
    assert.equal((await call('/options', {}))[1].phone, '15550001000')
    assert.equal((await call('/inbound', { from: 'nobody', text: 'x' }))[0], 400)
    assert.equal((await call('/nowhere', {}))[0], 404)
  })
})

describe('the program', () => {
  const program = fileURLToPath(new URL('./wa-server/main.mjs', import.meta.url))

  it('prints where it listens, and ends with its standard input', async () => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    const { url, control, rootKey, mediaCa, mediaHost } = JSON.parse(String((await once(child.stdout, 'data'))[0]))
    assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+\//)
    assert.match(rootKey, /^[0-9a-f]{64}$/)
    assert.match(mediaHost, /^127\.0\.0\.1:\d+$/)
    assert.equal(existsSync(mediaCa), true)
    const state = (await (await fetch(`${control}/state`)).json()) as { account: unknown }
    assert.equal(state.account, null)
    child.stdin.end()
    assert.deepEqual(await ended, [0, null])
    assert.equal(existsSync(mediaCa), false)
  })

  it('ends when it is told to', async () => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
})
