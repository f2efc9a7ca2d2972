import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { BridgeProcess, SECRET } from './support/bridge-process.ts'
import { arrived } from './support/peer.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const AVI = '972523334455'
const LONG_MS = 60_000

const ROUTES = [
  ['GET', '/status'],
  ['GET', '/metrics'],
  ['GET', '/qr'],
  ['POST', '/send'],
  ['POST', '/pair'],
  ['POST', '/pairing-code'],
  ['POST', '/logout'],
  ['POST', '/reconnect'],
  ['POST', '/forget'],
  ['GET', `/media/${'0'.repeat(32)}`],
  ['DELETE', `/media/${'0'.repeat(32)}`],
  ['GET', '/nothing/here'],
] as const

test('only health needs no secret', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  for (const [method, path] of ROUTES) {
    for (const secret of ['', 'wrong', `${SECRET} `, SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase()]) {
      // HTTP clients trim the white space of a header's value, so this value equals the secret.
      if (secret.trim() === SECRET) continue
      const { status, body } = await bridge.ask(method, path, undefined, { 'x-baileys-secret': secret })
      assert.deepEqual([status, body.ok, body.error.code], [401, false, 'unauthorized'], `${method} ${path}`)
    }
  }
  assert.equal(await bridge.state(), 'connected')
  for (const path of ['/health', '/healthz']) {
    assert.equal((await fetch(`${bridge.url}${path}`)).status, 200)
  }
  await bridge.stop()
  // Without a secret in the settings, no request except health is accepted.
  for (const secret of ['', 'undefined', SECRET]) {
    const open = await env.start({ secret: '' })
    await open.becomes('connected')
    for (const [method, path] of ROUTES) {
      const { status } = await open.ask(method, path, undefined, { 'x-baileys-secret': secret })
      assert.equal(status, 401, `${method} ${path}`)
    }
    assert.equal((await open.get('/health')).status, 200)
    await open.logged('SETTINGS')
    await open.stop()
  }
})

test('requests are validated by path, method and body', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  assert.deepEqual([(await bridge.get('/nothing')).status, (await bridge.get('/')).status], [404, 404])
  assert.equal((await bridge.get('/qr')).body.error.code, 'no_qr')
  for (const [method, path, allowed] of [
    ['GET', '/send', 'POST'],
    ['DELETE', '/status', 'GET'],
    ['PUT', `/media/${'0'.repeat(32)}`, 'GET, DELETE'],
    ['POST', '/health', 'GET'],
  ] as const) {
    const { status, headers, body } = await bridge.ask(method, path)
    assert.deepEqual([status, headers.get('allow'), body.error.code], [405, allowed, 'method_not_allowed'])
  }
  const head = await bridge.ask('HEAD', '/status')
  assert.deepEqual([head.status, head.body.length], [200, 0])
  assert.ok(Number(head.headers.get('content-length')) > 0)
  assert.equal(head.headers.get('cache-control'), 'no-store')

  const large = JSON.stringify({ to: DANA, text: 'x'.repeat(2 << 20) })
  const refused = await bridge.ask('POST', '/send', large)
  assert.deepEqual([refused.status, refused.body.error.code], [413, 'too_large'])
  const bodies: (string | Buffer)[] = ['{', 'nothing', '{"to":', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), '\ud800']
  for (const body of [...bodies, Buffer.from(`{"to":"${DANA}","text":"\xff"}`, 'latin1')]) {
    const { status, body: said } = await bridge.ask('POST', '/send', body)
    assert.deepEqual([status, said.ok, said.error.code], [400, false, 'bad_request'])
  }
  assert.equal((await bridge.ask('POST', '/send', Buffer.alloc(0))).status, 400)
  assert.deepEqual(env.server.state().outbound, [])

  // A request that is not HTTP, and one that never ends, must be harmless.
  assert.match(await raw(bridge, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400/)
  const slow = connect(Number(new URL(bridge.url).port), '127.0.0.1')
  slow.on('error', () => {}).resume()
  slow.write(`POST /send HTTP/1.1\r\nhost: x\r\nx-baileys-secret: ${SECRET}\r\ncontent-length: 100\r\n\r\n{"to"`)
  const gone = performance.now()
  const closed = new Promise(resolve => slow.once('close', resolve))
  assert.equal((await bridge.get('/health')).status, 200)
  await closed
  assert.ok(performance.now() - gone < LONG_MS)
})

test('health, status and metrics report the state', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'אחת' })
  await daemon.message('אחת')
  await until('nothing waits', async () => (await bridge.get('/health')).body.inbox === 0)
  const { body: health } = await bridge.get('/health')
  const { ts, since, version, ...rest } = health
  assert.deepEqual(rest, { connected: true, state: 'connected', last_code: 515, inbox: 0, link_check: null })
  assert.ok(Math.abs(ts - Date.now()) < LONG_MS && since <= ts && since > ts - LONG_MS)
  assert.match(version, /^\d+\.\d+\.\d+$/)
  const { body: status } = await bridge.get('/status')
  assert.deepEqual(status.account, { phone: '15550001000', lid: '100000001000@lid', name: 'Test Business' })
  assert.deepEqual(
    [status.pairing_code, status.restriction, status.refused_by_daemon, status.media_waiting, status.state],
    [null, null, 0, 0, 'connected'],
  )
  const { body, headers } = await bridge.get('/metrics')
  assert.match(headers.get('content-type') ?? '', /^text\/plain/)
  const values = new Map<string, number>()
  for (const line of body.toString().trimEnd().split('\n')) {
    if (line.startsWith('#')) {
      assert.match(line, /^# (HELP|TYPE) agentlocator_bridge_[a-z_]+ .+/)
    } else {
      const [name, value] = line.split(' ')
      values.set(name, Number(value))
    }
  }
  const value = (name: string) => values.get(`agentlocator_bridge_${name}`) ?? Number.NaN
  assert.deepEqual([value('connected'), value('inbox_events'), value('refused_total')], [1, 0, 0])
  assert.ok(value('delivered_total') >= 1)
  assert.ok(value('session_bytes') > 1000 && value('resident_bytes') > 10e6)
  assert.ok([...values.values()].every(Number.isFinite))
})

test('a restriction of the account is logged when it begins and when it ends, not each time it is reported', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  const logged = () => bridge.log.filter(({ event }) => event === 'WA_RESTRICTION').map(({ level }) => level)
  const report = async (endsAt: number | null) => {
    env.server.restrict({ until: endsAt })
    const expected = { active: endsAt !== null, until: endsAt }
    await until('the status contains it', async () => {
      const { restriction } = (await bridge.get('/status')).body
      return restriction?.active === expected.active && restriction.until === expected.until
    })
  }
  const hour = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000
  await report(null)
  assert.deepEqual(logged(), [])
  await report(hour)
  await report(hour + 1000)
  assert.deepEqual(logged(), ['warn'])
  await report(null)
  assert.deepEqual(logged(), ['warn', 'info'])
  // WhatsApp need not report that a restriction has expired, so the next one is a new one.
  await report(hour - 7_200_000)
  await report(hour)
  assert.deepEqual(logged(), ['warn', 'info', 'warn', 'warn'])
})

test('the log contains no secrets and no message texts', async () => {
  for (const level of ['info', 'debug'] as const) {
    const env = await TestEnv.create()
    const { server, daemon } = env
    const bridge = await env.startLinked({ environment: { WA_LOG_LEVEL: level, PUBLIC_URL: 'https://example.com' } })
    const words = 'המילים הסודיות'
    await server.inbound({ from: DANA, text: `${words} 1`, name: 'דנה כהן' })
    await daemon.message(`${words} 1`)
    assert.equal((await bridge.send(DANA, `${words} 2`, 'the-key-itself')).status, 200)
    server.options({ nextSendError: 463 })
    await bridge.send(AVI, `${words} 3`, newKey())
    const media = { kind: 'image', base64: Buffer.from(words).toString('base64'), mimetype: 'image/png' } as const
    await server.inbound({ from: AVI, media: { ...media, caption: `${words} 4`, gone: 'lost' } })
    await daemon.message(`${words} 4`)
    // libsignal prints the Signal sessions that do not match.
    server.corruptNext()
    await server.inbound({ from: DANA, text: `${words} 5` })
    await daemon.message(`${words} 5`)
    server.forget({ from: DANA })
    await server.inbound({ from: DANA, text: `${words} 6` })
    await daemon.message(`${words} 6`)
    daemon.behaviour = 422
    await server.inbound({ from: DANA, text: `${words} 7` })
    await bridge.logged('WA_IN_REFUSED')
    daemon.behaviour = 500
    await server.inbound({ from: DANA, text: `${words} 8` })
    await bridge.logged('DAEMON_DOWN')
    await bridge.ask('POST', '/send', `{"to":"${DANA}","text":"${words}`)
    server.drop({ kind: 'reset' })
    await bridge.logged('WA_DISCONNECTED', line => line.code !== 515)
    await bridge.becomes('connected', LONG_MS)
    await bridge.stop()
    const all = bridge.everything
    assert.ok(bridge.log.length > 5)
    for (const secret of [SECRET, words, 'דנה', 'the-key-itself'])
      assert.ok(!all.includes(secret), `${level}: ${secret}`)
    for (const key of [/privKey|private|ephemeralKeyPair|chainKey|rootKey|_chains|SessionEntry/i, /<Buffer/]) {
      assert.doesNotMatch(all, key, level)
    }
    if (level === 'info') {
      for (const number of [DANA, AVI, '15550001000']) assert.ok(!all.includes(number), number)
    }
    for (const line of bridge.log) {
      assert.deepEqual([typeof line.ts, typeof line.event, typeof line.message], ['string', 'string', 'string'])
    }
  }
})

test('an invalid setting ends the process with an error that names it', async () => {
  const env = await TestEnv.create()
  const { server, folder, daemon } = env
  const cases: Record<string, string> = {
    PORT: 'http',
    WA_BRIDGE_LISTEN: 'somewhere',
    BAILEYS_WEBHOOK_TARGET: 'http://example.com/webhook',
    WA_WEB_SOCKET_URL: 'wss://example.com/',
    WA_VERSION: '2',
    WA_DAEMON_CHALLENGE: 'maybe',
    WA_HISTORY: 'all',
    WA_PACING: 'slow',
    WA_MAX_MEDIA_BYTES: '1',
    WA_MEDIA_SPOOL_BYTES: '-1',
    WA_KEEP_ALIVE_SECONDS: '0',
    WA_QR_SECONDS: '1000',
    WA_LOG_LEVEL: 'loud',
    BAILEYS_WEBHOOK_SECRET_FILE: '/there/is/no/such/file',
  }
  const ended = Object.entries(cases).map(async ([name, value]) => {
    const secret = name.endsWith('_FILE') ? { secret: '' } : {}
    const environment = { [name]: value }
    const options = { server, folder, target: daemon.target, environment, ...secret }
    return { name, value, ...(await BridgeProcess.fail(options)) }
  })
  for (const { name, value, code, errors } of await Promise.all(ended)) {
    assert.equal(code, 2, `${name}: ${errors}`)
    assert.ok(errors.includes(name) && (errors.includes(value) || value.includes(',')), errors)
    assert.ok(!errors.includes('    at '), errors)
  }
})

test('an address with a password is refused and not printed', async () => {
  const { server, folder, daemon } = await TestEnv.create()
  const environment = { BAILEYS_WEBHOOK_TARGET: 'https://shop:hunter2@example.com/webhook' }
  const { code, errors } = await BridgeProcess.fail({ server, folder, target: daemon.target, environment })
  assert.equal(code, 2)
  assert.ok(errors.includes('BAILEYS_WEBHOOK_TARGET') && !errors.includes('hunter2'), errors)
})

test('the process stops within seconds of a signal, also during a send', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  server.options({ ackMessages: false })
  const waiting = bridge.send(DANA, 'באמצע', newKey()).catch(error => error)
  await arrived(server, 'באמצע')
  const begun = performance.now()
  assert.equal(await bridge.stop(), 0)
  assert.ok(performance.now() - begun < 10_000, 'six seconds, and some for a busy machine')
  const answer = await waiting
  assert.ok(answer instanceof Error || answer.status === 504)
  assert.equal(await (await env.start()).stop('SIGINT'), 0)
})

function raw(bridge: BridgeProcess, text: string): Promise<string> {
  const socket = connect(Number(new URL(bridge.url).port), '127.0.0.1')
  let said = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  socket.write(text)
  return new Promise(resolve => socket.once('close', () => resolve(said)))
}
