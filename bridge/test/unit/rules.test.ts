import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { backOff } from '../../src/back-off.ts'
import { readSettings, SettingError } from '../../src/settings.ts'
import { isPrivate } from '../../src/whatsapp/outgoing-file.ts'
import { withCurrentSecret } from '../../src/whatsapp/pairing.ts'
import { decideReconnect } from '../../src/whatsapp/reconnect-policy.ts'
import { fingerprintOf, isSameRequest, messageIdOf } from '../../src/whatsapp/sent-messages.ts'
import { BadRequest, readPairingRequest, readSendRequest } from '../../src/wire/request.ts'

const end = { code: undefined, paired: true, codesUsedUp: false, failures: 1, restarts: 1, chance: 0.5 }

test('each disconnect code has its decision', () => {
  const of = (code: number | undefined, more = {}) => decideReconnect({ ...end, code, ...more })
  assert.deepEqual(of(515), { kind: 'retry', state: 'connecting', afterMs: 0 })
  assert.deepEqual(of(515, { failures: 9 }), { kind: 'retry', state: 'connecting', afterMs: 0 })
  assert.deepEqual(of(401), { kind: 'end_link' })
  assert.equal(of(401, { paired: false }).kind, 'retry')
  assert.deepEqual(of(411), { kind: 'stop', state: 'multidevice_mismatch' })
  assert.deepEqual(of(408, { paired: false, codesUsedUp: true }), { kind: 'stop', state: 'unpaired' })
  for (const [code, state, least] of [
    [440, 'replaced', 60_000],
    [403, 'banned', 3_600_000],
    [402, 'banned', 3_600_000],
    [405, 'outdated', 60_000],
    [503, 'connecting', 3000],
    [428, 'connecting', 600],
    [500, 'connecting', 600],
    [undefined, 'connecting', 600],
    [12345, 'connecting', 600],
  ] as const) {
    const decision = of(code)
    assert.equal(decision.kind, 'retry', String(code))
    assert.ok(decision.kind === 'retry' && decision.state === state && decision.afterMs >= least, String(code))
  }
})

test('no code leads to a tight loop or to an endless delay', () => {
  for (const code of [515, 401, 440, 403, 405, 408, 428, 500, 503, undefined]) {
    for (const paired of [true, false]) {
      let waited = 0
      for (let failures = 1; failures <= 100; failures++) {
        const decision = decideReconnect({ ...end, code, paired, failures, restarts: failures, chance: Math.random() })
        if (decision.kind !== 'retry') break
        assert.ok(decision.afterMs <= 16 * 3_600_000)
        waited += decision.afterMs
        if (failures === 10) assert.ok(waited > 30_000, `${code}: ten tries in ${waited} ms`)
      }
    }
  }
})

test('the delay of a back-off grows up to its limit, and has a jitter of a third', () => {
  for (const [failures, limitMs, ms] of [
    [1, undefined, 1000],
    [5, undefined, 16_000],
    [1e9, undefined, 300_000],
    [5, 30_000, 16_000],
    [6, 30_000, 30_000],
    [1e9, 30_000, 30_000],
  ] as const) {
    assert.equal(backOff(failures, 0.5, limitMs), ms)
    assert.equal(backOff(failures, 0, limitMs), Math.round((ms * 2) / 3))
    assert.equal(backOff(failures, 1, limitMs), Math.round((ms * 4) / 3))
  }
})

test('settings are validated, and errors name the variable', () => {
  const settings = readSettings({
    WA_SHARED_SECRET: 'a',
    WA_BAILEYS_PORT: '8100',
    WA_PACING: 'OFF',
  })
  assert.equal(settings.port, 8100)
  assert.equal(settings.token, 'a')
  assert.equal(settings.signingKey, 'a')
  assert.equal(settings.pacing, false)
  assert.equal(readSettings({ PORT: '9', WA_BAILEYS_PORT: '8100' }).port, 9)
  assert.equal(readSettings({}).port, 8000)
  assert.equal(readSettings({}).address, '127.0.0.1')
  assert.equal(readSettings({}).target.href, 'http://127.0.0.1:8080/webhook/whatsapp/baileys')
  assert.equal(readSettings({ STATE_DIRECTORY: '/var/lib/x' }).sessionFolder, '/var/lib/x/session')
  for (const [name, value] of [
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['WA_BAILEYS_PORT', '-1'],
    ['WA_BRIDGE_LISTEN', 'localhost'],
    ['BAILEYS_WEBHOOK_TARGET', 'http://example.com/hook'],
    ['BAILEYS_WEBHOOK_TARGET', 'ftp://127.0.0.1'],
    ['BAILEYS_WEBHOOK_TARGET', 'http://a:b@127.0.0.1/'],
    ['WA_WEB_SOCKET_URL', 'wss://127.0.0.1/ws'],
    ['WA_WEB_SOCKET_URL', 'ws://example.com/ws'],
    ['WA_WEB_SOCKET_URL', 'ws://127.0.0.1.example.com/ws'],
    ['WA_VERSION', '2.3000'],
    ['WA_HISTORY', 'all'],
    ['WA_PACING', 'maybe'],
    ['WA_LOG_LEVEL', 'loud'],
    ['WA_SHARED_SECRET_FILE', '/nowhere/at/all'],
  ] as const) {
    assert.throws(
      () => readSettings({ [name]: value }),
      (error: Error) => error instanceof SettingError && error.message.includes(name),
      `${name}=${value}`,
    )
  }
})

test('requests to send are validated', () => {
  const good = { to: '972501234567', text: 'שלום' }
  for (const to of ['972501234567', '+972501234567', '972501234567@s.whatsapp.net', 'whatsapp:+972501234567']) {
    assert.equal(readSendRequest({ ...good, to }).to, '972501234567', to)
  }
  assert.equal(readSendRequest({ ...good, to: '200000000000001@lid' }).to, '200000000000001@lid')
  assert.equal(readSendRequest({ to: good.to, type: 'image', media_url: 'https://x/y' }).mediaUrl, 'https://x/y')
  assert.equal(readSendRequest({ to: good.to, type: 'image', mediaUrl: 'https://x/y' }).mediaUrl, 'https://x/y')
  for (const bad of [
    null,
    [],
    'text',
    {},
    { to: '972501234567' },
    { ...good, to: '0501234567' },
    { ...good, to: '120363000000000001@g.us' },
    { ...good, to: 'status@broadcast' },
    { ...good, to: 972501234567 },
    { ...good, type: 'poll' },
    { ...good, type: 'image' },
    { ...good, mediaUrl: 'https://x/y' },
    { ...good, text: 5 },
    { ...good, text: ' ' },
    { ...good, text: 'x'.repeat(70_000) },
    { ...good, idempotencyKey: 'x'.repeat(300) },
    { ...good, type: 'audio', mediaUrl: 'https://x/y' },
  ]) {
    assert.throws(() => readSendRequest(bad), BadRequest, JSON.stringify(bad))
  }
  assert.equal(readPairingRequest({ phone: '+972 50-123-4567' }), '972501234567')
  for (const phone of ['0501234567', 'abc', '', 5]) assert.throws(() => readPairingRequest({ phone }), BadRequest)
})

test('private addresses are recognised in every form', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
  ]) {
    assert.ok(isPrivate(address), address)
  }
  for (const address of [
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ]) {
    assert.ok(isPrivate(address), address)
  }
  for (const address of ['8.8.8.8', '1.1.1.1', '2a00:1450:4001::1', '172.32.0.1'])
    assert.ok(!isPrivate(address), address)
})

test('a QR code contains the current secret', () => {
  const creds = { advSecretKey: 'NEW=' } as Parameters<typeof withCurrentSecret>[1]
  assert.equal(
    withCurrentSecret('https://wa.me/x#2@ref,noise,identity,OLD=,1', creds),
    'https://wa.me/x#2@ref,noise,identity,NEW=,1',
  )
  assert.equal(withCurrentSecret('2@ref,noise,identity,OLD=', creds), '2@ref,noise,identity,NEW=')
})

test('a message id is derived from its key alone', () => {
  assert.equal(messageIdOf('a'), messageIdOf('a'))
  assert.notEqual(messageIdOf('a'), messageIdOf('b'))
  assert.notEqual(messageIdOf(undefined), messageIdOf(undefined))
  assert.match(messageIdOf('a'), /^3EB0[0-9A-F]{18}$/)
})

test('a request with a new link to the same file of the daemon is the same request', () => {
  const request = (mediaUrl: string) => readSendRequest({ to: '972501234567', type: 'image', mediaUrl })
  const link = (file: string, signature: string) => request(`/static/media/${file}?expires=1&signature=${signature}`)
  const recorded = fingerprintOf(link('aa', 'one'))
  assert.equal(isSameRequest(recorded, link('aa', 'two')), true)
  assert.equal(isSameRequest(recorded, link('bb', 'one')), false)
  const other = (query: string) => request(`https://example.com/file?${query}`)
  assert.equal(isSameRequest(fingerprintOf(other('a')), other('b')), false, 'another query can name another file')
  // The records of earlier versions contain the whole link.
  const whole = ['972501234567', 'image', '', '/static/media/aa?expires=1&signature=one']
  const earlier = createHash('sha256').update(JSON.stringify(whole)).digest('base64url')
  assert.equal(isSameRequest(earlier, link('aa', 'one')), true)
  assert.equal(isSameRequest(earlier, link('aa', 'two')), false)
})
