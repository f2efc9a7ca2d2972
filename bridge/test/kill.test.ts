import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeProcess } from './support/bridge-process.ts'
import { acknowledged } from './support/peer.ts'
import { pick, randomFrom } from './support/random.ts'
import { TestEnv } from './support/test-env.ts'
import { pause, until } from './support/until.ts'

const CONTACTS = ['972501234567', '972523334455', '972541112233']
const ROUNDS = process.env.LONG ? 50 : 5
const LONG_MS = 120_000

test(`${ROUNDS} kills under traffic lose no message and repeat none`, async t => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
  t.diagnostic(`SEED=${seed}`)
  const random = randomFrom(seed)
  const env = await TestEnv.create({ ackDelayMs: 30 })
  const { server, daemon } = env
  let bridge = await env.startLinked()
  const wanted: { to: string; text: string; key: string }[] = []
  const taken = new Map<string, string>()
  let written = 0

  for (let round = 0; round < ROUNDS; round++) {
    const stop = { asked: false }
    const traffic = [receive(stop), send(stop, bridge)]
    await pause(150 + random.below(1200))
    await bridge.stop('SIGKILL')
    stop.asked = true
    await Promise.all(traffic)
    bridge = await env.start()
    if (random.below(3) > 0) await bridge.becomes('connected', LONG_MS)
    else await pause(random.below(600))
  }
  await bridge.becomes('connected', LONG_MS)
  await acknowledged(server, LONG_MS)
  for (const one of wanted) await until(`${one.text} is taken`, () => ask(bridge, one), LONG_MS)
  await until('nothing waits', async () => (await bridge.get('/health')).body.inbox === 0, LONG_MS)

  // Inbound: every message that was acknowledged to WhatsApp has arrived at the daemon, in order for each contact.
  const { inbound, outbound: handed, registrations } = server.state()
  const firsts = [...new Map(daemon.messages.map(one => [`${one.from}/${one.provider_msg_id}`, one] as const)).values()]
  t.diagnostic(
    `in: ${inbound.length}, delivered again: ${daemon.messages.length - firsts.length}; ` +
      `out: ${wanted.length}, handed over again: ${handed.length - wanted.length}`,
  )
  assert.equal(inbound.length, written)
  for (const contact of CONTACTS) {
    assert.deepEqual(
      firsts.filter(one => one.from === contact).map(one => one.text),
      inbound.filter(one => one.from === contact).map(one => one.text),
    )
  }
  // Outbound: each recipient was shown every message once, under the id that the bridge reported. A phone that could
  // not decrypt a message has requested it again, and received it.
  const isShown = (text: string) => server.state().outbound.some(one => one.text === text && !one.duplicate)
  await until('everything was shown', () => wanted.every(({ text }) => isShown(text))).catch(() => undefined)
  const { outbound } = server.state()
  for (const { to, text, key } of wanted) {
    const shown = outbound.filter(one => one.text === text && !one.duplicate)
    assert.deepEqual([shown.length, shown[0]?.phone, shown[0]?.id], [1, to, taken.get(key)], text)
  }
  assert.ok(wanted.length >= ROUNDS && written >= ROUNDS, 'there was traffic')
  assert.equal(registrations, 1)

  async function receive(stop: { asked: boolean }): Promise<void> {
    while (!stop.asked) {
      await server.inbound({ from: pick(random, CONTACTS), text: `פנימה ${written++}` })
      await pause(random.below(40))
    }
  }

  async function send(stop: { asked: boolean }, by: BridgeProcess): Promise<void> {
    while (!stop.asked) {
      const one = { to: pick(random, CONTACTS), text: `החוצה ${wanted.length}`, key: `key ${seed} ${wanted.length}` }
      wanted.push(one)
      await ask(by, one)
      await pause(random.below(40))
    }
  }

  /** Sends a message; resolves with whether the bridge reports it as sent. The result for a key must never change. */
  async function ask(by: BridgeProcess, { to, text, key }: (typeof wanted)[number]): Promise<boolean> {
    const answer = await by.send(to, text, key).catch(() => undefined)
    if (answer?.status !== 200) return false
    assert.equal(taken.get(key) ?? answer.body.provider_msg_id, answer.body.provider_msg_id)
    taken.set(key, answer.body.provider_msg_id)
    return true
  }
})
