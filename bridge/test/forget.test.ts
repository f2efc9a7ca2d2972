import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { acknowledged, arrived } from './support/peer.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const AVI = '972523334455'

test('the data of one contact is deleted from the disk, and no other data', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'first of Dana' })
  await daemon.message('first of Dana')
  for (const to of [DANA, AVI]) {
    assert.equal((await bridge.send(to, `answer to ${to}`, newKey())).status, 200)
    await arrived(server, `answer to ${to}`)
  }
  daemon.behaviour = 503
  for (const from of [DANA, AVI]) await server.inbound({ from, text: `waits from ${from}` })
  // Receipts for the answers may wait in the inbox as well.
  await acknowledged(server)
  const refused = join(env.folder, 'refused')
  mkdirSync(refused, { recursive: true })
  for (const phone of [DANA, AVI]) writeFileSync(join(refused, `${phone.slice(-4)}.json`), `{"from":"${phone}"}`)

  const { status, body } = await bridge.post('/forget', { addresses: [DANA] })
  assert.equal(status, 200)
  assert.ok(body.events >= 1)
  assert.deepEqual([body.ok, body.sent, body.files, body.rewritten], [true, 1, 0, true])
  const session = readFileSync(join(env.folder, 'session.log'), 'latin1')
  for (const [phone, kept] of [
    [DANA, false],
    [AVI, true],
  ] as const) {
    // The file contains values as base64, and the text of an entry may start at any of the three base64 alignments.
    const has = [0, 1, 2].some(skip => {
      const bytes = Buffer.from(`${' '.repeat(skip)}answer to ${phone}`)
      return session.includes(bytes.toString('base64').slice(skip === 0 ? 0 : 4, -4))
    })
    assert.equal(has, kept, phone)
  }
  assert.deepEqual(readdirSync(refused), [`${AVI.slice(-4)}.json`])

  daemon.behaviour = 'accepts'
  await daemon.message(`waits from ${AVI}`)
  await until('nothing waits', async () => (await bridge.get('/health')).body.inbox === 0)
  assert.ok(!daemon.texts.includes(`waits from ${DANA}`))
  // The next message can be decrypted, because the keys were kept.
  await server.inbound({ from: DANA, text: 'new from Dana' })
  await daemon.message('new from Dana')
})

test('a message to a number without WhatsApp is deleted', async () => {
  const withoutWhatsApp = '972500000000'
  const env = await TestEnv.create({ notOnWhatsApp: [withoutWhatsApp] })
  const bridge = await env.startLinked()
  assert.equal((await bridge.send(withoutWhatsApp, 'not sent', newKey())).status, 422)
  const { body } = await bridge.post('/forget', { addresses: [withoutWhatsApp] })
  assert.equal(body.sent, 1)
  assert.ok(!readFileSync(join(env.folder, 'session.log'), 'latin1').includes(withoutWhatsApp))
})

test('a message that our phone has sent again is deleted with the data of its contact', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  daemon.behaviour = 503
  for (const from of [DANA, AVI]) await server.inbound({ from, text: `sent again of ${from}`, absent: true })
  await until('both wait', async () => (await bridge.get('/health')).body.inbox === 2)
  const { body } = await bridge.post('/forget', { addresses: [DANA] })
  assert.equal(body.events, 1)
  daemon.behaviour = 'accepts'
  await daemon.message(`sent again of ${AVI}`)
  await until('nothing waits', async () => (await bridge.get('/health')).body.inbox === 0)
  assert.ok(!daemon.texts.includes(`sent again of ${DANA}`))
})

test('archived session files are deleted with the data of a contact', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  env.server.drop({ kind: 'device_removed' })
  await bridge.becomes('pairing')
  for (const name of ['session.damaged-2026-01-01T000000.000Z.log', 'session.log.cut-off'])
    writeFileSync(join(env.folder, name), DANA)
  const sessionFiles = () => readdirSync(env.folder).filter(name => name.startsWith('session'))
  assert.equal(sessionFiles().length, 4)
  assert.equal((await bridge.post('/forget', { addresses: [DANA] })).status, 200)
  assert.deepEqual(sessionFiles(), ['session.log'])
})

test('a request to forget must name addresses', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  for (const body of [{}, { addresses: [] }, { addresses: ['dana'] }, { addresses: [1] }, { addresses: DANA }]) {
    assert.equal((await bridge.post('/forget', body)).status, 400, JSON.stringify(body))
  }
})
