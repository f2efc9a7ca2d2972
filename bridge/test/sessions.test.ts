import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledged } from './support/peer.ts'
import { pick, randomFrom } from './support/random.ts'
import { newKey, Stage } from './support/stage.ts'
import { pause, until } from './support/until.ts'
import type { WaServer } from './wa-server/server.ts'

const PEOPLE = ['972501234567', '972523334455', '972541112233']
const LONG_MS = 120_000

test('no message is asked for again because its receipt was lost', async () => {
  const stage = await settled()
  const { server, daemon } = stage
  server.options({ dropReceipts: true })
  for (let number = 0; number < 600; number++) {
    await server.inbound({ from: PEOPLE[number % PEOPLE.length] as string, text: `הודעה ${number}` })
  }
  const told = () => daemon.messages.filter(one => one.text?.startsWith('הודעה ')).length === 600
  await until('the daemon has all', told, LONG_MS)
  server.options({ dropReceipts: false })
  server.drop({ kind: 'reset' })
  await acknowledged(server, LONG_MS)
  assert.equal(askedAgain(server), 0)
  assert.ok(told(), 'none twice')
})

for (const seed of [11, 12, 13]) {
  test(`one damaged message and six kills cost no others, seed ${seed}`, async t => {
    const random = randomFrom(seed)
    const stage = await settled()
    const { server, daemon } = stage
    let [sent, written] = [0, 0]
    // In the second round so many messages wait for the bridge that older ones arrive after the new session.
    for (const [round, most] of [30, 150, 30, 30, 30, 30].entries()) {
      const bridge = stage.bridge
      const last = written + most
      const traffic = { ended: false }
      const out = (async () => {
        while (!traffic.ended) {
          const to = pick(random, PEOPLE)
          await bridge.send(to, `החוצה ${sent++}`, newKey()).catch(() => undefined)
          await pause(random.below(40))
        }
      })()
      while (written < last) {
        if (written === 40) server.corruptNext()
        await server.inbound({ from: pick(random, PEOPLE), text: `פנימה ${written++}` })
        if (round !== 1) await pause(random.below(40))
      }
      if (round === 1) await until('the damaged one is asked for again', () => askedAgain(server) > 0)
      await bridge.stop('SIGKILL')
      traffic.ended = true
      await out
      await (await stage.start()).becomes('connected', LONG_MS)
    }
    await acknowledged(server, LONG_MS)
    await until('nothing waits', async () => (await stage.bridge.get('/health')).body.inbox === 0, LONG_MS)
    const texts = new Set(daemon.messages.map(one => one.text).filter(text => text?.startsWith('פנימה')))
    assert.equal(texts.size, 300)
    const unread = server.state().outbound.filter(one => one.copies.some(copy => copy.error)).length
    t.diagnostic(`${askedAgain(server)} asked again, ${unread} of ${server.state().outbound.length} unreadable`)
    assert.ok(askedAgain(server) <= 2 && unread <= 2, `${askedAgain(server)} asked again, ${unread} unreadable`)
  })
}

/** A stage with a session with each contact that both sides have used. */
async function settled(): Promise<Stage> {
  const stage = await Stage.set()
  const bridge = await stage.startLinked()
  for (const person of PEOPLE) {
    await stage.server.inbound({ from: person, text: `שלום מ-${person}` })
    await stage.daemon.message(`שלום מ-${person}`)
    assert.equal((await bridge.send(person, 'שלום', newKey())).status, 200)
  }
  return stage
}

/** How often the device has requested a message again from its sender. */
function askedAgain(server: WaServer): number {
  return server.state().inbound.reduce((sum, { retries }) => sum + retries, 0)
}
