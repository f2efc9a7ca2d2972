import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledged } from './support/peer.ts'
import { pick, randomFrom } from './support/random.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { pause, until } from './support/until.ts'
import type { WaServer } from './wa-server/server.ts'

const CONTACTS = ['972501234567', '972523334455', '972541112233']
const LONG_MS = 120_000
const SEEDS = Array.from({ length: process.env.LONG ? 10 : 3 }, (_, index) => 11 + index)

test('a lost receipt does not cause a retry request', async () => {
  const env = await settled()
  const { server, daemon } = env
  server.options({ dropReceipts: true })
  for (let number = 0; number < 600; number++) {
    await server.inbound({ from: CONTACTS[number % CONTACTS.length] as string, text: `הודעה ${number}` })
  }
  const hasAll = () => daemon.messages.filter(one => one.text?.startsWith('הודעה ')).length === 600
  await until('the daemon has all', hasAll, LONG_MS)
  server.options({ dropReceipts: false })
  server.drop({ kind: 'reset' })
  await acknowledged(server, LONG_MS)
  assert.equal(askedAgain(server), 0)
  assert.ok(hasAll(), 'no message twice')
})

for (const seed of SEEDS) {
  test(`a damaged message and six kills lose no other message, seed ${seed}`, async t => {
    const random = randomFrom(seed)
    const env = await settled()
    const { server, daemon } = env
    let [sent, written] = [0, 0]
    // In the second round so many messages are queued that older ones arrive after the new session.
    for (const [round, most] of [30, 150, 30, 30, 30, 30].entries()) {
      const bridge = env.bridge
      const last = written + most
      const traffic = { ended: false }
      const out = (async () => {
        while (!traffic.ended) {
          const to = pick(random, CONTACTS)
          await bridge.send(to, `החוצה ${sent++}`, newKey()).catch(() => undefined)
          await pause(random.below(40))
        }
      })()
      while (written < last) {
        if (written === 40) server.corruptNext()
        await server.inbound({ from: pick(random, CONTACTS), text: `פנימה ${written++}` })
        if (round !== 1) await pause(random.below(40))
      }
      if (round === 1) await until('the damaged message is requested again', () => askedAgain(server) > 0)
      await bridge.stop('SIGKILL')
      traffic.ended = true
      await out
      await (await env.start()).becomes('connected', LONG_MS)
    }
    await acknowledged(server, LONG_MS)
    await until('nothing waits', async () => (await env.bridge.get('/health')).body.inbox === 0, LONG_MS)
    const texts = new Set(daemon.messages.map(one => one.text).filter(text => text?.startsWith('פנימה')))
    assert.equal(texts.size, 300)
    const unread = server.state().outbound.filter(one => one.copies.some(copy => copy.error)).length
    t.diagnostic(`${askedAgain(server)} asked again, ${unread} of ${server.state().outbound.length} unreadable`)
    assert.ok(askedAgain(server) <= 2 && unread <= 2, `${askedAgain(server)} asked again, ${unread} unreadable`)
  })
}

async function settled(): Promise<TestEnv> {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  for (const contact of CONTACTS) {
    await env.server.inbound({ from: contact, text: `שלום מ-${contact}` })
    await env.daemon.message(`שלום מ-${contact}`)
    assert.equal((await bridge.send(contact, 'שלום', newKey())).status, 200)
  }
  return env
}

function askedAgain(server: WaServer): number {
  return server.state().inbound.reduce((sum, { retries }) => sum + retries, 0)
}
