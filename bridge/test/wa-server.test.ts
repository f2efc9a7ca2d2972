// Tests of the WhatsApp test server with an ordinary Baileys client: linking, history, and the control API.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { client, clients, jid, link, prepare, received, server, start } from './wa-server/fixture.ts'

before(() => prepare())

describe('linking', () => {
  it('a device that links by QR uploads its keys, and is known after a restart of the stream', async () => {
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

  it('other texts and expired QR codes are refused', async () => {
    const own = await start({ refSeconds: 0 })
    const waiting = clients.client(own.url)
    const { qr } = await waiting.until('qr')
    assert.equal(own.state().awaitingScan, true)
    assert.throws(() => own.scan({ qr: 'https://example.com' }), /not one of the waiting client/)
    assert.throws(() => own.scan({ qr: String(qr) }), /expired/)
  })

  it('a QR code with a retired secret does not link', async () => {
    const own = await start({ regRefresh: true })
    const waiting = clients.client(own.url)
    const first = await waiting.until('qr')
    assert.deepEqual(own.scan({ qr: String(first.qr) }), { refresh: true })
    assert.throws(() => own.scan({ qr: String(first.qr) }), /retired/)
    const second = await waiting.until('qr', ({ qr }) => qr !== first.qr)
    own.scan({ qr: String(second.qr) })
    await waiting.until('open')
  })

  it('a pairing code links, and a wrong one ends the connection', async () => {
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

  it('linking another device unlinks the former one', async () => {
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

  it('the link ends when the client logs out', async () => {
    const own = await start()
    const linked = await link(own)
    await linked.ask('logout')
    await own.journal.wait(({ event }) => event === 'logout-by-client')
    assert.equal(own.state().account?.revoked, true)
    await assert.rejects(own.inbound({ from: '15553330001', text: 'hello?' }), /no device is linked/)
  })
})

describe('history', () => {
  it('the history reaches a new device', async () => {
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

  it('the history comes as a file as well', async () => {
    const messages = [{ id: 'H3', text: 'in a file' }]
    const conversations = [{ jid: jid('15554440003'), messages }]
    await server.history({ conversations, syncType: 3, inline: false })
    await client.until('history', ({ texts }) => (texts as string[]).includes('in a file'))
  })
})

describe('the control API', () => {
  it('the control API answers over HTTP, and reports errors', async () => {
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
    assert.equal((await call('/inbound', { from: 'dana', text: 'x' }))[0], 400)
    assert.equal((await call('/nowhere', {}))[0], 404)
  })
})

describe('the program', () => {
  const program = fileURLToPath(new URL('./wa-server/main.mjs', import.meta.url))

  it('the program prints where it listens, and ends with its standard input', async () => {
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

  it('the program ends on SIGTERM', async () => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
})
