import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeProcess } from './support/bridge-process.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { pause, until } from './support/until.ts'
import type { WaServer } from './wa-server/server.ts'

const DANA = '972501234567'
const LONG_MS = 60_000

const connects = (server: WaServer) => server.events().filter(one => one.event === 'connect').length
async function comesBack(bridge: BridgeProcess, server: WaServer, logins: number): Promise<void> {
  await until('another login', () => server.state().logins > logins, LONG_MS)
  await bridge.becomes('connected', LONG_MS)
}

async function flows({ bridge, server, daemon }: TestEnv, name: string): Promise<void> {
  await server.inbound({ from: DANA, text: `אל ${name}` })
  await daemon.message(`אל ${name}`)
  const sent = await until(
    'it sends',
    async () => {
      const answer = await bridge.send(DANA, `מן ${name}`, `flows-${name}`)
      return answer.status === 200 && answer
    },
    LONG_MS,
  )
  assert.ok(sent.body.provider_msg_id)
}

test('a connection that ends is reopened with the same link', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  for (const kind of ['xmlstreamend', 'reset', 'close', 'restart'] as const) {
    const { logins } = server.state()
    server.drop({ kind })
    await comesBack(bridge, server, logins)
    await flows(env, kind)
  }
  // The code of a restart is an instruction, not a failure, so the bridge reconnects without a delay.
  const restart = await bridge.logged('WA_DISCONNECTED', line => line.code === 515 && line.retry_in_ms === 0)
  assert.equal(restart.level, 'info')
  assert.equal(server.state().registrations, 1)
  assert.equal(bridge.log.filter(line => line.event === 'WA_QR').length, 1)
})

test('a bridge that was replaced waits, reports it, and reconnects on request', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  const before = connects(server)
  server.drop({ kind: 'replaced' })
  await bridge.becomes('replaced')
  const health = await bridge.get('/health')
  assert.deepEqual([health.status, health.body.connected, health.body.last_code], [503, false, 440])
  assert.ok(((await bridge.logged('WA_DISCONNECTED', line => line.code === 440)).retry_in_ms as number) > 60_000)
  assert.equal((await bridge.send(DANA, 'עכשיו', newKey())).status, 503)
  await pause(3000)
  assert.equal(connects(server), before, 'a reconnect would end the other connection')
  assert.equal((await bridge.post('/reconnect')).status, 200)
  await bridge.becomes('connected')
  await flows(env, 'replaced')
})

test('each refusal of a login has its own state, and none leads to a tight loop', async () => {
  const cases = [
    [403, 'banned', 60_000],
    [402, 'banned', 60_000],
    [405, 'outdated', 60_000],
    [411, 'multidevice_mismatch', null],
    [503, 'connecting', 2000],
    [500, 'connecting', 500],
  ] as const
  const env = await TestEnv.create()
  const { server } = env
  await (await env.startLinked()).stop()
  for (const [code, state, least] of cases) {
    server.nextLogin({ failure: code, sticky: true })
    const bridge = await env.start()
    const line = await bridge.logged('WA_DISCONNECTED', one => one.code === code)
    await bridge.becomes(state)
    if (least === null) assert.equal(line.retry_in_ms, null)
    else assert.ok((line.retry_in_ms as number) >= least, `${code}: ${line.retry_in_ms}`)
    const health = await bridge.get('/health')
    assert.deepEqual([health.status, health.body.last_code], [503, code])
    const before = connects(server)
    await pause(1500)
    assert.ok(connects(server) - before <= 2, `${code}: ${connects(server) - before} connections in a moment`)
    server.nextLogin({})
    assert.equal((await bridge.post('/reconnect')).status, 200)
    await bridge.becomes('connected', LONG_MS)
    assert.equal(await bridge.stop(), 0)
  }
  assert.equal(server.state().registrations, 1)
})

test('a login that is refused because the device was removed ends the link', async () => {
  const env = await TestEnv.create()
  const { server } = env
  await (await env.startLinked()).stop()
  server.nextLogin({ failure: 401 })
  const bridge = await env.start()
  await bridge.becomes('pairing')
  assert.equal((await bridge.get('/health')).body.last_code, 401)
  await bridge.link(server)
  await flows(env, 'linked-again')
})

test('a link on which nothing arrives is not reported as connected, and is reconnected', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked({ environment: { WA_KEEP_ALIVE_SECONDS: '1' } })
  // While the keep-alive is answered, a lack of messages does not mean that the link is dead.
  await pause(3000)
  assert.equal((await bridge.get('/health')).status, 200)
  const { logins } = server.state()
  const frozen = performance.now()
  server.drop({ kind: 'freeze' })
  await until('health says so', async () => (await bridge.get('/health')).status === 503, LONG_MS)
  assert.ok(performance.now() - frozen < 15_000, 'keep-alive and 10 s, with some for a busy machine')
  await comesBack(bridge, server, logins)
  await flows(env, 'freeze')
})

test('connecting to an unreachable WhatsApp is retried with increasing delays', async () => {
  const env = await TestEnv.create()
  const { server } = env
  server.options({ refuseConnections: true })
  const bridge = await env.start()
  const waits = () => bridge.log.filter(line => line.event === 'WA_DISCONNECTED').map(line => Number(line.retry_in_ms))
  await until('three tries', () => waits().length >= 3, LONG_MS)
  assert.ok((waits()[2] ?? 0) > (waits()[0] ?? 0))
  assert.equal((await bridge.get('/health')).status, 503)
  server.options({ refuseConnections: false })
  await bridge.link(server)
  await flows(env, 'reached')
})

test('a server that does not announce the end of the offline queue is still accepted', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  await (await env.startLinked()).stop()
  server.options({ withholdOffline: true })
  await server.inbound({ from: DANA, text: 'חיכתה' })
  const bridge = await env.start()
  await daemon.message('חיכתה')
  await bridge.becomes('connected', LONG_MS)
  await flows(env, 'withheld')
})

test('a login that stalls is ended and retried', async () => {
  const env = await TestEnv.create()
  const { server } = env
  await (await env.startLinked()).stop()
  server.options({ stallIq: ['encrypt:count', 'encrypt:digest', 'passive:active'] })
  const bridge = await env.start()
  await bridge.logged('LISTENING')
  await until('it gives up', () => bridge.log.find(line => line.event === 'WA_DISCONNECTED'), LONG_MS)
  assert.equal((await bridge.get('/health')).status, 503)
  server.options({ stallIq: [] })
  await bridge.becomes('connected', LONG_MS)
  await flows(env, 'stalled')
})
