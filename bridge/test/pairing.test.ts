import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'

test('a QR code is shown once, pairs the device, and is never needed again', async () => {
  const env = await TestEnv.create()
  const first = await env.start()
  const qr = await until('a code', async () => {
    const { status, body } = await first.get('/qr')
    return status === 200 ? body : undefined
  })
  assert.match(qr.qr, /^https:\/\/wa\.me\/settings\/linked_devices#2@/)
  assert.match(qr.svg, /^<svg /)
  const health = await first.get('/health')
  assert.deepEqual([health.status, health.body.connected, health.body.state], [503, false, 'pairing'])
  await until('the code in the log', () => first.output.includes('█'))
  env.server.scan(qr)
  await first.becomes('connected')
  assert.equal((await first.get('/qr')).status, 404)
  assert.equal((await first.get('/healthz')).status, 200)
  const { body: status } = await first.get('/status')
  assert.deepEqual(status.account, { phone: '15550001000', lid: '100000001000@lid', name: 'Test Business' })
  assert.equal(first.log.filter(line => line.event === 'WA_QR').length, 1)
  assert.equal(statSync(env.folder).mode & 0o777, 0o700)
  assert.equal(await first.stop(), 0)

  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    const again = await env.start()
    await again.becomes('connected')
    await again.stop(signal)
    assert.ok(!again.log.some(line => line.event === 'WA_QR'))
  }
  assert.equal(env.server.state().registrations, 1)
})

test('a pairing code pairs the device, and a wrong one does not', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start()
  const asked = await bridge.post('/pairing-code', { phone: '+972 50-123-4567' })
  assert.equal(asked.status, 200, JSON.stringify(asked.body))
  assert.match(asked.body.code, /^[0-9A-Z]{8}$/)
  assert.equal((await bridge.get('/status')).body.pairing_code, asked.body.code)
  await env.server.enterCode({ code: 'WRONG123' }).catch(() => undefined)
  await until('a code is requested again', async () => {
    const { status, body } = await bridge.post('/pairing-code', { phone: '972501234567' })
    return (
      status === 200 &&
      env.server.enterCode(body).then(
        () => true,
        () => false,
      )
    )
  })
  await bridge.becomes('connected')
  const again = await bridge.post('/pairing-code', { phone: '972501234567' })
  assert.deepEqual([again.status, again.body.error.code], [409, 'already_paired'])
})

test('a pairing code outlives the round of QR codes in which it was requested', async () => {
  const env = await TestEnv.create({ pairRefs: 3 })
  const bridge = await env.start({ environment: { WA_QR_SECONDS: '2' } })
  await until('the last code', () => bridge.log.filter(line => line.event === 'WA_QR').length === 3)
  const asked = performance.now()
  const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
  const left = body.expires_at - Date.now()
  assert.ok(left > 170_000 && left <= 180_000, `${left} ms left`)
  const { body: status } = await bridge.get('/status')
  assert.deepEqual([status.pairing_code, status.pairing_code_expires_at], [body.code, body.expires_at])
  assert.equal((await bridge.get('/qr')).status, 404, 'a QR code beside it cannot be scanned for as long')
  await until('the time of all QR codes is over', () => performance.now() - asked > 7000)
  await env.server.enterCode(body)
  await bridge.becomes('connected')
})

test('an expired pairing code is replaced, five codes in all', async () => {
  const env = await TestEnv.create()
  // On a busy machine, the last code must not expire before the phone has entered it.
  const bridge = await env.start({ environment: { WA_CODE_SECONDS: '3' } })
  const codes = new Set<string>()
  codes.add((await bridge.post('/pairing-code', { phone: '972501234567' })).body.code)
  const state = async () => {
    const { body } = await bridge.get('/status')
    if (body.pairing_code) codes.add(body.pairing_code)
    return body.state === 'unpaired'
  }
  await until('all codes have expired', state, 60_000)
  assert.equal(codes.size, 5)
  assert.equal((await bridge.get('/status')).body.pairing_code, null)
  const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
  await env.server.enterCode(body)
  await bridge.becomes('connected')
})

test('QR codes replace a pairing code on request', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start()
  assert.equal((await bridge.post('/pairing-code', { phone: '972501234567' })).status, 200)
  assert.equal((await bridge.post('/pair')).status, 200)
  await bridge.link(env.server)
  assert.equal((await bridge.get('/status')).body.pairing_code, null)
})

test('a connection that ends while a pairing code is shown is reopened with another code', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start()
  const { body: first } = await bridge.post('/pairing-code', { phone: '972501234567' })
  env.server.drop({ kind: 'reset' })
  const second = await until('another code', async () => {
    const { pairing_code: code } = (await bridge.get('/status')).body
    return code && code !== first.code && code
  })
  await env.server.enterCode({ code: second })
  await bridge.becomes('connected')
})

test('after WhatsApp was unreachable for a pairing code, QR codes are shown by themselves', async () => {
  const env = await TestEnv.create()
  env.server.options({ refuseConnections: true })
  const bridge = await env.start()
  const refused = await bridge.post('/pairing-code', { phone: '972501234567' })
  assert.deepEqual([refused.status, refused.body.error.code], [503, 'not_connected'])
  env.server.options({ refuseConnections: false })
  await bridge.link(env.server)
})

test('a QR secret that is retired during pairing by code does not affect the code', async () => {
  const env = await TestEnv.create({ regRefreshInCodeFlow: true })
  const bridge = await env.start()
  const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
  await env.server.enterCode(body)
  await bridge.becomes('connected')
  assert.ok(!bridge.log.some(line => line.code === 500))
})

test('an unfinished pairing leaves no credentials', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start()
  assert.equal((await bridge.post('/pairing-code', { phone: '972501234567' })).status, 200)
  await bridge.stop('SIGKILL')
  await env.startLinked()
})

test('a QR code whose secret WhatsApp has retired is replaced', async () => {
  const env = await TestEnv.create({ regRefresh: true })
  const bridge = await env.start()
  const code = () => until('a code', async () => (await bridge.get('/qr')).body.qr as string | undefined)
  const first = await code()
  assert.deepEqual(env.server.scan({ qr: first }), { refresh: true })
  const second = await until('another code', async () => {
    const now = await code()
    return now !== first && now
  })
  env.server.scan({ qr: second })
  await bridge.becomes('connected')
})

test('after all QR codes have been shown, the bridge waits for a request', async () => {
  const env = await TestEnv.create({ pairRefs: 2 })
  const bridge = await env.start({ environment: { WA_QR_SECONDS: '1' } })
  await bridge.becomes('pairing')
  await bridge.becomes('unpaired')
  assert.equal((await bridge.get('/qr')).status, 404)
  assert.equal(bridge.log.filter(line => line.event === 'WA_QR').length, 2)
  const { registrations } = env.server.state()
  assert.equal((await bridge.post('/pair')).status, 200)
  await bridge.link(env.server)
  assert.equal(env.server.state().registrations, registrations + 1)
  assert.equal((await bridge.post('/pair')).body.error.code, 'already_paired')
})

test('after the phone ends the link, the session is archived, no message is lost, and a new code is shown', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  const key = newKey()
  const sent = await bridge.send(DANA, 'נשלח לפני', key)
  assert.equal(sent.status, 200)
  env.daemon.behaviour = 500
  const { id } = await env.server.inbound({ from: DANA, text: 'לפני הניתוק' })
  await until('it is acknowledged', () =>
    env.server.state().inbound.find(one => one.id === id && one.state === 'acknowledged'),
  )
  env.server.drop({ kind: 'device_removed' })
  await bridge.becomes('pairing')
  assert.equal((await bridge.get('/health')).body.last_code, 401)
  assert.equal((await bridge.send(DANA, 'עכשיו', newKey())).status, 503)
  assert.equal(readdirSync(env.folder).filter(name => name.startsWith('session.logged-out-')).length, 1)
  env.daemon.behaviour = 'accepts'
  await env.daemon.message('לפני הניתוק')
  await bridge.link(env.server)
  const again = await bridge.send(DANA, 'נשלח לפני', key)
  assert.deepEqual(again.body, sent.body)
  assert.equal(env.server.state().outbound.filter(one => one.text === 'נשלח לפני').length, 1)
})

test('logging out unlinks the device at WhatsApp, and shows a new code', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  assert.equal((await bridge.post('/logout')).status, 200)
  await bridge.becomes('pairing')
  await until('WhatsApp knows it', () => env.server.state().account?.revoked !== false)
  await bridge.link(env.server)
})

test('logging out during a reconnect leaves no partial link', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  env.server.options({ refuseConnections: true })
  env.server.drop({ kind: 'reset' })
  await bridge.becomes('connecting')
  env.server.options({ refuseConnections: false })
  const answers = await Promise.all([
    bridge.post('/reconnect'),
    bridge.post('/logout'),
    bridge.post('/reconnect'),
    bridge.post('/pair'),
  ])
  assert.equal(answers[1]?.status, 200)
  await bridge.becomes('pairing')
  assert.equal((await bridge.get('/status')).body.account, null)
  await bridge.link(env.server)
  assert.equal((await bridge.get('/status')).body.account.phone, '15550001000')
})
