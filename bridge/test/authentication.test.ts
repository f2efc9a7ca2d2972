import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type BridgeProcess, SECRET } from './support/bridge-process.ts'
import { TestEnv } from './support/test-env.ts'
import { pause, until } from './support/until.ts'

const DANA = '972501234567'
const NONCE = '0123456789abcdef'.repeat(2)

test('the bridge proves itself, and accepts requests that are signed for this process', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start()
  const nonce = await verifiedNonce(bridge, 503)
  await bridge.link(env.server)
  assert.equal(await verifiedNonce(bridge, 200), nonce, 'one nonce in each process')
  const body = JSON.stringify({ to: DANA, type: 'text', text: 'שלום', idempotencyKey: 'signed' })
  const send = (signature: string) =>
    bridge.ask('POST', '/send', body, { 'x-baileys-secret': '', 'x-baileys-auth': signature })
  const signature = sign(nonce, 'POST', '/send', body)
  assert.equal((await send(sign(nonce, 'POST', '/pair', body))).status, 401)
  assert.equal((await send(signature)).status, 200)
  const status = { 'x-baileys-secret': '', 'x-baileys-auth': sign(nonce, 'GET', '/status') }
  assert.equal((await bridge.get('/status', status)).status, 200)

  await bridge.stop()
  const restarted = await env.start()
  assert.equal((await restarted.get('/status', status)).status, 401)
  assert.notEqual(await verifiedNonce(restarted), nonce)
})

test('a daemon that proves itself never gets the secret, also after a restart and a logout', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  daemon.proof = { secret: SECRET }
  const bridge = await env.startLinked()
  await Promise.all([1, 2, 3].map(n => server.inbound({ from: `97250123456${n}`, text: `הודעה ${n}` })))
  await until('all of them', () => daemon.texts.length === 3)
  const { target } = daemon
  assert.equal(readFileSync(join(env.folder, 'daemon-proof'), 'utf8'), `${target}\n`)
  assert.equal(statSync(join(env.folder, 'daemon-proof')).mode & 0o777, 0o600)
  assert.equal(bridge.log.filter(line => line.event === 'DAEMON_VERIFIED' && line.level === 'info').length, 1)
  assert.equal((await bridge.post('/logout')).status, 200)
  await bridge.stop('SIGKILL')

  const asked = daemon.received.filter(({ method }) => method === 'GET')
  assert.equal(asked.length, 1, 'concurrent deliveries ask once, and a daemon is asked once for a connection')

  // A program that later takes the port and does not answer the challenge gets neither the secret nor a message.
  daemon.proof = 'none'
  const restarted = await env.startLinked()
  const before = daemon.received.length
  await server.inbound({ from: DANA, text: 'אחרי ההפעלה' })
  const { message } = await restarted.logged('DAEMON_DOWN')
  assert.match(message, /did not prove that it is the daemon, as the daemon there did before.*daemon-proof/)
  await until('another question', () => daemon.received.length >= before + 2)
  assert.ok(daemon.received.slice(before).every(({ method }) => method === 'GET'))
  daemon.proof = { secret: SECRET }
  await daemon.message('אחרי ההפעלה')
  await restarted.stop()

  assert.match(String(asked[0]?.headers['x-baileys-nonce']), /^[0-9a-f]{32}$/)
  for (const { method, headers, body } of daemon.received) {
    assert.equal(headers['x-baileys-secret'], undefined)
    assert.equal(headers['x-baileys-signature'], method === 'GET' ? undefined : hmac(body))
  }
  // Another target has not sent a proof before.
  const other = await TestEnv.create()
  await env.start({ target: other.daemon.target })
  await env.bridge.becomes('connected')
  await server.inbound({ from: DANA, text: 'ליעד אחר' })
  await other.daemon.message('ליעד אחר')
  assert.equal(other.daemon.received[0]?.method, 'GET')
  assert.deepEqual(other.daemon.complaints, [])
})

test('a record of the proof that cannot be written is logged, with its effect after a restart', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  mkdirSync(join(env.folder, 'daemon-proof.new'))
  daemon.proof = { secret: SECRET }
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'אחת' })
  await daemon.message('אחת')
  const { level, message } = await bridge.logged('DAEMON_PROOF_NOT_STORED')
  assert.equal(level, 'warn')
  assert.ok(message.startsWith(`Cannot record in ${join(env.folder, 'daemon-proof')} that the daemon at `), message)
  assert.ok(message.includes(` ${daemon.target} proves that it has the secret (EISDIR`), message)
  assert.match(message, /After a restart, the bridge also sends events, with the secret, to a program that does not/)
  assert.equal(daemon.received.at(-1)?.headers['x-baileys-secret'], undefined)

  await bridge.stop()
  daemon.proof = 'none'
  const restarted = await env.start()
  await restarted.becomes('connected')
  await server.inbound({ from: DANA, text: 'שתיים' })
  await daemon.message('שתיים')
  assert.equal(daemon.received.at(-1)?.headers['x-baileys-secret'], SECRET)

  await restarted.stop()
  daemon.proof = { secret: SECRET }
  const strict = await env.start({ environment: { WA_DAEMON_CHALLENGE: 'required' } })
  await strict.becomes('connected')
  await server.inbound({ from: DANA, text: 'שלוש' })
  await daemon.message('שלוש')
  const { message: harmless } = await strict.logged('DAEMON_PROOF_NOT_STORED')
  assert.match(harmless, /EISDIR.*After a restart, the bridge sends no event until the daemon has proved it again$/)
})

test('a daemon that does not prove itself gets secret and signature, and is not asked for each event', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  for (const text of ['אחת', 'שתיים']) {
    await server.inbound({ from: DANA, text })
    await daemon.message(text)
  }
  assert.deepEqual(daemon.complaints, [])
  assert.equal(daemon.received.filter(({ method }) => method === 'GET').length, 1)
  assert.ok(!bridge.log.some(line => line.level === 'warn' && line.event.startsWith('DAEMON')))
  await bridge.stop()
  const asked = daemon.received.length
  await env.start({ environment: { WA_DAEMON_CHALLENGE: 'off' } })
  await env.bridge.becomes('connected')
  await server.inbound({ from: DANA, text: 'בלי שאלה' })
  await daemon.message('בלי שאלה')
  assert.ok(daemon.received.slice(asked).every(({ method }) => method === 'POST'))
  assert.deepEqual(daemon.complaints, [])
})

test('with WA_DAEMON_CHALLENGE=required no event is sent to a program without a proof', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked({ environment: { WA_DAEMON_CHALLENGE: 'required' } })
  await server.inbound({ from: DANA, text: 'סודי' })
  const { message } = await bridge.logged('DAEMON_DOWN')
  assert.ok(message.includes(daemon.target), message)
  assert.match(message, /did not prove that it is the daemon.*WA_DAEMON_CHALLENGE/)
  await onlyQuestions(env)
  daemon.proof = { secret: SECRET }
  await daemon.message('סודי')
  await bridge.logged('DAEMON_UP')
  assert.deepEqual(daemon.complaints, [])
})

test('no event is sent to a program with a wrong proof, until the proof is right', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  daemon.proof = { secret: 'another' }
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'סודי' })
  const { message } = await bridge.logged('DAEMON_DOWN')
  assert.ok(message.includes(daemon.target), message)
  assert.match(message, /has another secret or is not the daemon/)
  await onlyQuestions(env)
  const nonces = daemon.received.map(({ headers }) => headers['x-baileys-nonce'])
  assert.equal(new Set(nonces).size, nonces.length, 'each question has a nonce of its own')
  daemon.proof = { secret: SECRET }
  await daemon.message('סודי')
  assert.deepEqual(daemon.complaints, [])
})

test('a target that does not answer the question gets no event, and an endless answer is no obstacle', async () => {
  const env = await TestEnv.create()
  let answers = false
  const bodies: string[] = []
  const target = createServer((request, response) => {
    if (request.method === 'POST') {
      request.setEncoding('utf8').on('data', text => bodies.push(text))
      assert.equal(request.headers['x-baileys-secret'], undefined)
      request.on('end', () => response.writeHead(204).end())
    } else if (answers) {
      const proof = hmac(`agentlocator daemon proof\n${request.headers['x-baileys-nonce']}`)
      response.writeHead(200, { 'x-baileys-proof': proof }).write('and so on')
    }
  }).listen(0, '127.0.0.1')
  after(() => target.close().closeAllConnections())
  await until('it listens', () => target.listening)
  const { port } = target.address() as AddressInfo
  const bridge = await env.startLinked({ target: `http://127.0.0.1:${port}/events` })
  await env.server.inbound({ from: DANA, text: 'שלום' })
  const { message } = await bridge.logged('DAEMON_DOWN')
  assert.match(message, /the daemon does not answer/)
  assert.deepEqual(bodies, [])
  answers = true
  await until('the event', () => bodies.join('').includes('שלום'))
})

/** Verifies that the bridge has sent only challenges, which contain no secret and no message. */
async function onlyQuestions({ daemon }: TestEnv): Promise<void> {
  await until('another question', () => daemon.received.length >= 2)
  await pause(100)
  for (const { method, headers, body } of daemon.received) {
    assert.deepEqual([method, body], ['GET', ''])
    const own = Object.keys(headers).filter(name => name.startsWith('x-baileys'))
    assert.deepEqual(own, ['x-baileys-nonce'])
    assert.ok(!JSON.stringify(headers).includes(SECRET))
  }
}

async function verifiedNonce(bridge: BridgeProcess, expectedStatus?: number): Promise<string> {
  const { status, headers } = await bridge.get('/healthz', { 'x-baileys-secret': '', 'x-baileys-nonce': NONCE })
  if (expectedStatus !== undefined) assert.equal(status, expectedStatus)
  const nonce = String(headers.get('x-baileys-nonce'))
  assert.match(nonce, /^[0-9a-f]{32}$/)
  assert.equal(headers.get('x-baileys-proof'), hmac(`agentlocator bridge proof\n${NONCE}\n${nonce}`))
  return nonce
}

const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex')

const sign = (nonce: string, method: string, target: string, body = '') =>
  hmac(`agentlocator bridge request\n${nonce}\n${method}\n${target}\n${body}`)
