// Tests of the WhatsApp test server with an ordinary Baileys client: how connections end and reopen.
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  acknowledged,
  type Content,
  clients,
  inboundOf,
  jid,
  link,
  prepare,
  received,
  send,
  start,
  status,
} from './wa-server/fixture.ts'

before(() => prepare({ linked: false }))

describe('connections', () => {
  it('a connection ends in every way, each with its code', async () => {
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
      // After the code 515 the client reconnects by itself.
      if (code !== 515) await linked.ask('connect')
      if (code !== 401) await linked.until('caught-up', () => true, place)
    }
    assert.throws(() => own.drop({ kind: 'code' }), /needs a code|not connected/)
    const refused = await own.journal.wait(({ event }) => event === 'login-refused')
    assert.equal(refused.failure, '401')
  })

  it('a login is refused once, or until the refusal is cleared', async () => {
    const own = await start()
    const linked = await link(own)
    own.drop({ kind: 'close' })
    for (const code of [401, 402, 403, 405, 406, 411, 500, 503]) {
      const place = linked.now
      own.nextLogin({ failure: String(code) })
      await linked.ask('connect')
      await linked.until('close', close => close.code === code, place)
    }
    own.nextLogin({ failure: 503, sticky: true })
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

  it('no device registers when the server refuses connections', async () => {
    const own = await start({ refuseConnections: true })
    const refused = clients.client(own.url)
    await refused.until('close')
    assert.equal(own.state().registrations, 0)
  })

  it('a connection is replaced when the same device logs in again', async () => {
    const own = await start()
    const linked = await link(own)
    const place = linked.now
    await linked.ask('connect')
    assert.equal((await linked.until('close', () => true, place)).code, 440)
    await linked.until('caught-up', () => true, place)
    assert.equal(own.state().logins, 2)
  })

  it('a frozen connection answers nothing while TCP stays up', async () => {
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

  it('messages that have waited arrive in order after a reconnect', async () => {
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

  it('a message whose receipt was lost arrives again unchanged', async () => {
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

  it('receipts that came while the device was away arrive after a reconnect', async () => {
    const own = await start({ autoReceipt: false })
    const linked = await link(own)
    const id = await send(jid('15553330005'), { text: 'seen?' }, linked)
    own.drop({ kind: 'close' })
    await linked.until('close', ({ code }) => code === 428)
    await own.receipt({ id, type: 'read' })
    await linked.ask('connect')
    await status(id, 4, linked)
  })

  it('the end of the queue and the restart after linking can be withheld', async () => {
    const own = await start({ withholdOffline: true, restartAfterPair: false })
    const linked = clients.client(own.url)
    own.scan({ qr: String((await linked.until('qr')).qr) })
    await own.journal.wait(({ event }) => event === 'paired')
    assert.deepEqual(await linked.ask('ping', { limitMs: 3000 }), { answered: true })
    assert.deepEqual(linked.seen('close'), [])
    await linked.ask('connect')
    await linked.until('open')
    assert.deepEqual(await linked.ask('ping', { limitMs: 3000 }), { answered: true })
    assert.deepEqual(linked.seen('caught-up'), [])
  })

  it('a query stalls if a test sets it', async () => {
    const own = await start()
    const linked = await link(own)
    own.options({ stallIq: ['w:p:ping'] })
    assert.deepEqual(await linked.ask('ping', { limitMs: 200 }), { answered: false })
    own.options({ stallIq: [] })
    assert.deepEqual(await linked.ask('ping', { limitMs: 3000 }), { answered: true })
    assert.equal(own.state().iqs['w:p:ping'], 2)
  })
})
