import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeProcess } from './support/bridge-process.ts'
import { shown } from './support/peer.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const SECONDS = { WA_LINK_CHECK_SECONDS: '2' }

const check = async (bridge: BridgeProcess) => (await bridge.get('/health')).body.link_check?.result

const found = (bridge: BridgeProcess, result: string) =>
  until(`the check to find "${result}"`, async () => (await check(bridge)) === result, 30_000)

/** Returns the messages to the business's own phone that no chat shows. */
const peerMessages = (env: TestEnv) => env.server.events().filter(entry => entry.event === 'peer-message')

test('a message that no chat shows verifies both directions', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  assert.equal(await check(bridge), undefined, 'no check has ended yet')
  await found(bridge, 'ok')
  await until('several checks', () => peerMessages(env).length >= 3)
  assert.equal(env.server.state().outbound.length, 0, 'no chat shows a message')
  assert.equal(env.server.state().logins, 1)
  assert.deepEqual(env.daemon.taken, [], 'the daemon receives no event')
})

test('the link is checked on request', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start()
  const ask = async () => (await bridge.post('/check-link')).body
  assert.deepEqual(await ask(), { ok: true, result: null }, 'no phone is linked')
  await bridge.link(env.server)
  const works = { ok: true, result: 'ok' }
  assert.deepEqual(await Promise.all([ask(), ask()]), [works, works])
  assert.equal(peerMessages(env).length, 1, 'two requests at once share a check')
  assert.equal(await check(bridge), 'ok')
})

test('a deaf link is reconnected, and the waiting messages arrive', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  const { logins } = env.server.state()
  env.server.options({ deaf: 'until-login' })
  await env.server.inbound({ from: DANA, text: 'מישהו שומע?' })
  assert.equal(await bridge.state(), 'connected', 'the keep-alive still works')
  await env.daemon.message('מישהו שומע?')
  assert.equal(env.server.state().logins, logins + 1)
  await found(bridge, 'ok')
  assert.ok(bridge.log.some(line => line.event === 'WA_LINK_CHECK' && line.level === 'warn'))
})

test('a link that receives nothing in several checks in a row is reported, and still sends', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  const before = peerMessages(env).length
  env.server.options({ deaf: 'always' })
  await found(bridge, 'no_echo')
  const failed = peerMessages(env).length - before
  assert.ok(failed >= 4, `${failed} checks failed: one, another after the reconnect, and two more`)
  const health = await bridge.get('/health')
  assert.deepEqual([health.status, health.body.connected, health.body.state], [200, true, 'connected'])
  const { at, since } = health.body.link_check
  assert.ok(at - since > 3900, `silent for ${at - since} ms: since the first failed check, not the last`)
  const line = await bridge.logged('WA_LINK_CHECK', line => line.level === 'error')
  assert.equal(line.result, 'no_echo')
  assert.match(line.message, /phone is off.*link/s, 'the log names both possible causes')
  assert.equal((await bridge.send(DANA, 'יוצא', newKey())).status, 200)
  assert.equal(shown(env.server, 'יוצא'), 1)
  const { logins } = env.server.state()
  const checks = peerMessages(env).length
  await until('more checks', () => peerMessages(env).length >= checks + 2, 30_000)
  assert.equal(env.server.state().logins, logins, 'it is reconnected once')
  env.server.options({ deaf: null })
  await found(bridge, 'ok')
})

test('a phone that is off for less than two intervals is not reported', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: { WA_LINK_CHECK_SECONDS: '12' } })
  const ask = async () => (await bridge.post('/check-link')).body.result
  assert.equal(await ask(), 'ok')
  env.server.options({ phoneOnline: false })
  assert.equal(await ask(), 'no_echo')
  await bridge.logged('WA_LINK_CHECK', line => line.level === 'warn')
  await until('it is connected again', async () => (await ask()) === 'no_echo', 30_000)
  assert.equal(await ask(), 'no_echo', 'each check returns what it found')
  assert.equal(await check(bridge), 'ok', 'the reported result waits for two intervals')
  assert.ok(!bridge.log.some(line => line.level === 'error'))
  env.server.options({ phoneOnline: true })
  assert.equal(await ask(), 'ok')
})

test('a message from a contact shows that a link is not deaf, while the phone is off', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  env.server.options({ phoneOnline: false })
  await found(bridge, 'no_echo')
  await env.server.inbound({ from: DANA, text: 'הטלפון כבוי' })
  await found(bridge, 'ok')
})

test('a phone that is off does not fail a check during which messages arrive', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  env.server.options({ phoneOnline: false })
  const { logins } = env.server.state()
  const writing = setInterval(() => void env.server.inbound({ from: DANA, text: 'שלום' }), 100)
  await found(bridge, 'ok').finally(() => clearInterval(writing))
  assert.equal(env.server.state().logins, logins)
})

test('a link on which nothing is acknowledged is not connected', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  env.server.options({ ackMessages: false })
  await bridge.becomes('unanswered', 30_000)
  const health = await bridge.get('/health')
  assert.deepEqual([health.status, health.body.connected, health.body.link_check.result], [503, false, 'no_ack'])
  env.server.options({ ackMessages: true })
  await bridge.becomes('connected', 30_000)
  assert.equal(await check(bridge), 'ok')
})

test('a link on which messages are acknowledged again is connected, although the phone is off', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  env.server.options({ ackMessages: false, phoneOnline: false })
  await bridge.becomes('unanswered', 30_000)
  env.server.options({ ackMessages: true })
  await bridge.becomes('connected', 30_000)
})
