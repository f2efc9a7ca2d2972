import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeProcess } from './support/bridge-process.ts'
import { shown } from './support/peer.ts'
import { newKey, Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const SECONDS = { WA_LINK_CHECK_SECONDS: '2' }

const check = async (bridge: BridgeProcess) => (await bridge.get('/health')).body.link_check?.result

const found = (bridge: BridgeProcess, result: string) =>
  until(`the check to find "${result}"`, async () => (await check(bridge)) === result, 30_000)

/** Messages to the business's own phone that no chat shows. */
const peerMessages = (stage: Stage) => stage.server.events().filter(entry => entry.event === 'peer-message')

test('a message that no chat shows proves both directions', async () => {
  const stage = await Stage.set()
  const bridge = await stage.startLinked({ environment: SECONDS })
  assert.equal(await check(bridge), undefined, 'nothing is known yet')
  await found(bridge, 'ok')
  await until('several checks', () => peerMessages(stage).length >= 3)
  assert.equal(stage.server.state().outbound.length, 0, 'nobody is shown anything')
  assert.equal(stage.server.state().logins, 1)
  assert.deepEqual(stage.daemon.taken, [], 'the daemon is told of nothing')
})

test('the link is checked on request', async () => {
  const stage = await Stage.set()
  const bridge = await stage.start()
  const ask = async () => (await bridge.post('/check-link')).body
  assert.deepEqual(await ask(), { ok: true, result: null }, 'no phone is linked')
  await bridge.link(stage.server)
  const works = { ok: true, result: 'ok' }
  assert.deepEqual(await Promise.all([ask(), ask()]), [works, works])
  assert.equal(peerMessages(stage).length, 1, 'two who ask share a check')
  assert.equal(await check(bridge), 'ok')
})

test('a deaf link is reconnected, which brings what waited', async () => {
  const stage = await Stage.set()
  const bridge = await stage.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  const { logins } = stage.server.state()
  stage.server.options({ deaf: 'until-login' })
  await stage.server.inbound({ from: DANA, text: 'מישהו שומע?' })
  assert.equal(await bridge.state(), 'connected', 'it looks alive')
  await stage.daemon.message('מישהו שומע?')
  assert.equal(stage.server.state().logins, logins + 1)
  await found(bridge, 'ok')
  assert.ok(bridge.log.some(line => line.event === 'WA_LINK_CHECK' && line.level === 'warn'))
})

test('a link that still receives nothing is reported, and still sends', async () => {
  const stage = await Stage.set()
  const bridge = await stage.startLinked({ environment: SECONDS })
  stage.server.options({ deaf: 'always' })
  await found(bridge, 'no_echo')
  const health = await bridge.get('/health')
  assert.deepEqual([health.status, health.body.connected, health.body.state], [200, true, 'connected'])
  assert.equal((await bridge.logged('WA_LINK_CHECK', line => line.level === 'error')).result, 'no_echo')
  assert.equal((await bridge.send(DANA, 'יוצא', newKey())).status, 200)
  assert.equal(shown(stage.server, 'יוצא'), 1)
  const { logins } = stage.server.state()
  const before = peerMessages(stage).length
  await until('more checks', () => peerMessages(stage).length >= before + 2, 30_000)
  assert.equal(stage.server.state().logins, logins, 'it is reconnected once')
  stage.server.options({ deaf: null })
  await found(bridge, 'ok')
})

test('a phone that is off is no deaf link while messages come in', async () => {
  const stage = await Stage.set()
  const bridge = await stage.startLinked({ environment: SECONDS })
  stage.server.options({ phoneOnline: false })
  const { logins } = stage.server.state()
  const writing = setInterval(() => void stage.server.inbound({ from: DANA, text: 'שלום' }), 100)
  await found(bridge, 'ok').finally(() => clearInterval(writing))
  assert.equal(stage.server.state().logins, logins)
})

test('a link on which nothing is acknowledged is not connected', async () => {
  const stage = await Stage.set()
  const bridge = await stage.startLinked({ environment: SECONDS })
  await found(bridge, 'ok')
  stage.server.options({ ackMessages: false })
  await bridge.becomes('unanswered', 30_000)
  const health = await bridge.get('/health')
  assert.deepEqual([health.status, health.body.connected, health.body.link_check.result], [503, false, 'no_ack'])
  stage.server.options({ ackMessages: true })
  await bridge.becomes('connected', 30_000)
  assert.equal(await check(bridge), 'ok')
})
