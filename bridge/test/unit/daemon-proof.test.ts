import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DaemonClient } from '../../src/delivery/daemon-client.ts'
import { readSettings } from '../../src/settings.ts'
import type { WireEvent } from '../../src/wire/event.ts'

const SECRET = 'the secret of the tests'
const EVENT = { event: 'test' } as unknown as WireEvent
const log = { debug() {}, info() {}, warn() {}, error() {} }

test('the bridge asks an older daemon again after a minute, and recognises an upgrade', async t => {
  const { client, received, daemon } = await start()
  const { now } = performance
  let ahead = 0
  t.mock.method(performance, 'now', () => now.call(performance) + ahead)
  for (const [forward, methods] of [
    [0, ['GET', 'POST']],
    [58_000, ['POST']],
    [3000, ['GET', 'POST']],
  ] as const) {
    ahead += forward
    const before = received.length
    assert.deepEqual(await client.deliver(EVENT), { kind: 'accepted' })
    assert.deepEqual(methodsOf(received.slice(before)), methods)
    assert.equal(received.at(-1)?.headers['x-baileys-secret'], SECRET)
  }
  daemon.proves = true
  ahead += 61_000
  const before = received.length
  await Promise.all([client.deliver(EVENT), client.deliver(EVENT), client.deliver(EVENT)])
  const upgraded = received.slice(before)
  assert.deepEqual(methodsOf(upgraded), ['GET', 'POST', 'POST', 'POST'])
  assert.ok(upgraded.every(({ headers }) => headers['x-baileys-secret'] === undefined))
})

test('each new connection needs a recent proof, also if several events are delivered at the same moment', async t => {
  const { client, received, daemon } = await start()
  daemon.proves = true
  const { now } = performance
  let ahead = 0
  t.mock.method(performance, 'now', () => now.call(performance) + ahead)
  await client.deliver(EVENT)
  assert.deepEqual(methodsOf(received), ['GET', 'POST'])
  // Sent over the open connection.
  ahead += 5000
  await client.deliver(EVENT)
  assert.deepEqual(methodsOf(received), ['GET', 'POST', 'POST'])
  const open = received[1]?.socket
  const before = received.length
  await Promise.all([client.deliver(EVENT), client.deliver(EVENT), client.deliver(EVENT)])
  const later = received.slice(before)
  assert.equal(later.filter(({ method }) => method === 'POST').length, 3)
  assert.ok(
    later.some(({ socket }) => socket === open),
    'an event is sent over the open connection',
  )
  // The open connection may be free again before another one is opened.
  const others = methodsOf(later.filter(({ socket }) => socket !== open))
  assert.equal(others.indexOf('GET'), 0, 'a proof is requested before another connection is opened')
  assert.ok(later.every(({ headers }) => headers['x-baileys-secret'] === undefined))
})

test('the bridge does not ask without a secret, over a Unix socket, or if that is switched off', async () => {
  for (const environment of [
    { BAILEYS_WEBHOOK_SECRET: '', WA_DAEMON_CHALLENGE: 'required' },
    { WA_DAEMON_CHALLENGE: 'off' },
    { WA_DAEMON_CHALLENGE: 'required', isSocket: 'yes' },
  ]) {
    const { client, received } = await start(environment)
    assert.deepEqual(await client.deliver(EVENT), { kind: 'accepted' })
    assert.deepEqual(methodsOf(received), ['POST'])
    const expected = environment.BAILEYS_WEBHOOK_SECRET === '' ? undefined : SECRET
    assert.equal(received[0]?.headers['x-baileys-secret'], expected)
  }
})

test('no event is sent while the record of the proof of the daemon cannot be read', async () => {
  const { client, received, folder } = await start()
  mkdirSync(join(folder, 'daemon-proof'))
  const result = await client.deliver(EVENT)
  assert.ok(result.kind === 'later' && result.why.includes('EISDIR'), JSON.stringify(result))
  assert.deepEqual(received, [])
})

interface Received {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly socket: Socket
}

const methodsOf = (received: readonly Received[]) => received.map(({ method }) => method)

/** With `isSocket`, the daemon listens on a Unix socket. */
async function start({ isSocket, ...environment }: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'daemon-proof-'))
  const received: Received[] = []
  const daemon = { proves: false }
  const server = createServer((request, response) => {
    const { method, headers, socket } = request
    received.push({ method, headers, socket })
    const proof = createHmac('sha256', SECRET).update(`agentlocator daemon proof\n${headers['x-baileys-nonce']}`)
    if (method === 'GET' && daemon.proves) response.setHeader('x-baileys-proof', proof.digest('hex'))
    request.resume().on('end', () => response.writeHead(method === 'GET' ? 404 : 204).end())
  })
  const socket = join(folder, 'daemon.sock')
  server.listen(isSocket ? { path: socket } : { port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const target = isSocket
    ? { WA_DAEMON_SOCKET: socket }
    : { BAILEYS_WEBHOOK_TARGET: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events` }
  const settings = { WA_SESSION_DIR: folder, BAILEYS_WEBHOOK_SECRET: SECRET, ...target, ...environment }
  const client = new DaemonClient(readSettings(settings), log)
  after(() => {
    client.close()
    server.close().closeAllConnections()
    rmSync(folder, { recursive: true })
  })
  return { client, received, daemon, folder }
}
