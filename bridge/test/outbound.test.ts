import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { proto } from 'baileys'
import { type BridgeProcess, SECRET } from './support/bridge-process.ts'
import { arrived, handedOver, questions, shown } from './support/peer.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const AVI = '972523334455'

/** Repeats the request, as the daemon does, until the message is sent. */
const sendUntilTaken = (bridge: BridgeProcess, to: string, text: string, key: string) =>
  until(
    `"${text}" is taken`,
    async () => {
      const answer = await bridge.send(to, text, key)
      return answer.status === 200 && answer
    },
    60_000,
  )

test('a text reaches the contact once, for every spelling of the number and every repetition of the request', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  const key = newKey()
  const forms = [DANA, `+${DANA}`, `whatsapp:+${DANA}`, `${DANA}@s.whatsapp.net`]
  const { status, body } = await bridge.send(DANA, 'שלום', key)
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body, { ok: true, provider_msg_id: body.provider_msg_id })
  assert.match(body.provider_msg_id, /^3EB0[0-9A-F]{18}$/)
  for (const to of forms) {
    const answer = await bridge.send(to, 'שלום', key)
    assert.deepEqual([answer.status, answer.body], [200, body])
  }

  const together = newKey()
  const many = await Promise.all(Array.from({ length: 8 }, () => bridge.send(DANA, 'ביחד', together)))
  for (const answer of many) assert.deepEqual([answer.status, answer.body], [200, many[0]?.body])
  for (const again of [() => bridge.send(DANA, 'אחר', key), () => bridge.send(AVI, 'שלום', key)]) {
    const { status, body } = await again()
    assert.deepEqual([status, body.error.code], [409, 'key_reused'])
  }

  assert.equal(await bridge.stop('SIGKILL'), 'SIGKILL')
  const restarted = await env.start()
  await restarted.becomes('connected')
  assert.deepEqual((await restarted.send(DANA, 'שלום', key)).body, body)
  assert.equal((await restarted.send(DANA, 'אחר', key)).status, 409)
  assert.equal(handedOver(server, body.provider_msg_id).length, 1)
  assert.equal(shown(server, 'ביחד'), 1)
  assert.equal(shown(server, 'אחר'), 0)

  // Without a key, each request is a separate message.
  const [one, other] = [await restarted.post('/send', { to: DANA, text: 'בלי' })].concat(
    await restarted.post('/send', { to: DANA, text: 'בלי' }),
  )
  assert.notEqual(one?.body.provider_msg_id, other?.body.provider_msg_id)
  assert.equal(shown(server, 'בלי'), 2)
})

test('"sent" is reported only after the acknowledgement; an unconfirmed message is retried and arrives once', async () => {
  const env = await TestEnv.create({ ackMessages: false })
  const { server } = env
  const bridge = await env.startLinked()
  const key = newKey()
  const begun = performance.now()
  const doubtful = await bridge.send(DANA, 'בספק', key)
  assert.ok(performance.now() - begun < 6000)
  assert.deepEqual([doubtful.status, doubtful.body.error.code], [504, 'unknown'])
  server.options({ ackMessages: true })
  server.drop({ kind: 'reset' })
  const taken = await sendUntilTaken(bridge, DANA, 'בספק', key)
  const tries = handedOver(server, taken.body.provider_msg_id)
  assert.deepEqual(
    tries.map(one => one.duplicate),
    [false, true],
  )
  assert.equal(shown(server, 'בספק'), 1)
})

test('a kill between relaying a message and its acknowledgement does not send it twice', async () => {
  const env = await TestEnv.create({ ackDelayMs: 60_000 })
  const { server } = env
  const bridge = await env.startLinked()
  const key = newKey()
  const answer = bridge.send(DANA, 'נהרג', key).catch(error => error)
  const { id } = await arrived(server, 'נהרג')
  await bridge.stop('SIGKILL')
  assert.ok((await answer) instanceof Error)
  server.options({ ackDelayMs: null })
  const restarted = await env.start()
  // Until the link is established, the bridge cannot tell whether the message was sent before. It must not answer that
  // the message was certainly not sent.
  const early = await restarted.send(DANA, 'נהרג', key)
  assert.ok([200, 504].includes(early.status), String(early.status))
  const taken = await sendUntilTaken(restarted, DANA, 'נהרג', key)
  assert.equal(taken.body.provider_msg_id, id)
  assert.equal(shown(server, 'נהרג'), 1)
})

test("a refusal by WhatsApp's server is permanent, an error of the server is not", async () => {
  const env = await TestEnv.create({ notOnWhatsApp: ['972500000000'] })
  const { server } = env
  const bridge = await env.startLinked()
  await bridge.send(DANA, 'ראשונה', newKey())

  const key = newKey()
  server.options({ nextSendError: 463 })
  const restricted = await bridge.send(DANA, 'מוגבל', key)
  assert.deepEqual([restricted.status, restricted.body.error.code], [422, 'restricted'])
  assert.deepEqual((await bridge.send(DANA, 'מוגבל', key)).body, restricted.body)
  assert.equal(server.state().outbound.filter(one => one.text === 'מוגבל').length, 1)

  const asked = questions(server)
  server.options({ nextSendError: 479 })
  const stale = await bridge.send(DANA, 'מכשירים', newKey())
  assert.equal(stale.status, 200, JSON.stringify(stale.body))
  assert.equal(handedOver(server, stale.body.provider_msg_id).length, 2)
  assert.ok(questions(server) > asked, 'the devices were requested again')

  const later = newKey()
  server.options({ nextSendError: 503 })
  const busy = await bridge.send(DANA, 'עמוס', later)
  assert.deepEqual([busy.status, busy.body.error.code], [503, 'not_connected'])
  assert.equal((await bridge.send(DANA, 'עמוס', later)).status, 200)

  const unknown = await bridge.send('972500000000', 'אין', newKey())
  assert.deepEqual([unknown.status, unknown.body.error.code], [422, 'not_on_whatsapp'])
  const before = questions(server)
  assert.equal((await bridge.send('972500000000', 'אין', newKey())).status, 422)
  assert.equal(questions(server), before, 'WhatsApp is asked about a number once')
  assert.equal(server.state().outbound.filter(one => one.text === 'אין').length, 0)
})

test('a contact whose LID is known is addressed by it', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'היי', addressing: 'lid' })
  const { lid } = await daemon.message('היי')
  const known = questions(server)
  assert.equal((await bridge.send(DANA, 'לדנה', newKey())).status, 200)
  const atPeer = await arrived(server, 'לדנה')
  assert.deepEqual([atPeer.to, atPeer.phone], [lid, DANA])
  assert.ok(questions(server) - known <= 1, 'only the devices are requested')
  assert.equal((await bridge.send(lid ?? '', 'לכתובת', newKey())).status, 200)
  assert.equal((await arrived(server, 'לכתובת')).to, lid)
  // A number that has never written is looked up first, and WhatsApp's answer contains its LID.
  assert.equal((await bridge.send(AVI, 'לאבי', newKey())).status, 200)
  assert.equal((await arrived(server, 'לאבי')).phone, AVI)
})

test('without a connection a message is certainly not sent', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  server.options({ refuseConnections: true })
  server.drop({ kind: 'reset' })
  await bridge.becomes('connecting')
  const key = newKey()
  const away = await bridge.send(DANA, 'אחר כך', key)
  assert.deepEqual([away.status, away.body.error.code], [503, 'not_connected'])
  assert.equal(shown(server, 'אחר כך'), 0)
  server.options({ refuseConnections: false })
  await bridge.becomes('connected', 60_000)
  assert.equal((await bridge.send(DANA, 'אחר כך', key)).status, 200)
  assert.equal(shown(server, 'אחר כך'), 1)
})

test('a query that WhatsApp does not answer delays only its own contact, for a limited time', async () => {
  const env = await TestEnv.create({ stallIq: ['usync:usync'] })
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const key = newKey()
  const begun = performance.now()
  const stalled = await bridge.send(AVI, 'תקוע', key)
  assert.ok(performance.now() - begun < 6000)
  assert.deepEqual([stalled.status, stalled.body.error.code], [504, 'unknown'])
  server.options({ stallIq: [] })
  await server.inbound({ from: DANA, text: 'היי' })
  await daemon.message('היי')
  assert.equal((await bridge.send(DANA, 'בינתיים', newKey())).status, 200)
  await sendUntilTaken(bridge, AVI, 'תקוע', key)
  assert.equal(shown(server, 'תקוע'), 1)
})

test('a recipient that could not decrypt a message gets the same one again, also after a restart', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  const first = (await bridge.send(DANA, 'שוב', newKey())).body.provider_msg_id as string
  await server.receipt({ id: first, type: 'retry' })
  await until('it comes again', () => handedOver(server, first).length === 2)
  const second = (await bridge.send(DANA, 'אחרי הפעלה', newKey())).body.provider_msg_id as string
  await bridge.stop('SIGKILL')
  const restarted = await env.start()
  await restarted.becomes('connected')
  await server.receipt({ id: second, type: 'retry' })
  await until('it comes from the disk', () => handedOver(server, second).length === 2)
  for (const [id, text] of [
    [first, 'שוב'],
    [second, 'אחרי הפעלה'],
  ] as const) {
    const last = handedOver(server, id).at(-1)
    assert.deepEqual([last?.text, last?.duplicate], [text, false])
  }
})

test('a typing indicator is shown before a text, unless pacing is off', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const quiet = await env.startLinked()
  assert.equal((await quiet.send(DANA, 'מיד', newKey())).status, 200)
  assert.deepEqual(
    server.state().presences.filter(one => one.state === 'composing'),
    [],
  )
  await quiet.stop()
  const paced = await env.start({ environment: { WA_PACING: 'on' } })
  await paced.becomes('connected')
  assert.equal((await paced.send(DANA, 'לאט', newKey())).status, 200)
  const { to } = await arrived(server, 'לאט')
  const events = server.events()
  const typed = events.find(one => one.event === 'presence' && one.state === 'composing' && one.to === to)
  const came = events.find(one => one.event === 'client-message' && one.text === 'לאט')
  assert.ok(typed && came && typed.n < came.n)
})

test('messages to one contact are sent one at a time, in the order of the requests', async () => {
  const env = await TestEnv.create({ ackDelayMs: 40 })
  const { server } = env
  const bridge = await env.startLinked()
  const wanted = Array.from({ length: 24 }, (_, i) => ({ to: [DANA, AVI][i % 2] as string, text: `מספר ${i}` }))
  const requests = wanted.map(one => ({ ...one, idempotencyKey: newKey() }))
  // Sends the requests over one connection, without waiting for the first answer. On a busy machine, messages still wait
  // for their turn when the time for an answer is over; a repeated request gets the result.
  await until(
    'all messages are sent',
    async () => {
      const answers = await pipelined(bridge, requests)
      assert.ok(
        answers.every(status => status === 200 || status === 504),
        String(answers),
      )
      return answers.every(status => status === 200)
    },
    60_000,
  )
  const { outbound } = server.state()
  for (const contact of [DANA, AVI]) {
    assert.deepEqual(
      outbound.filter(one => one.phone === contact).map(one => one.text),
      wanted.filter(one => one.to === contact).map(one => one.text),
    )
  }
  const waiting = new Map<string, string>()
  for (const { event, id, to } of server.events()) {
    if (event === 'client-message') {
      assert.ok(![...waiting.values()].includes(String(to)), 'two messages to one contact are in flight')
      waiting.set(String(id), String(to))
    } else if (event === 'server-ack') {
      waiting.delete(String(id))
    }
  }
})

test('a message that cannot be sent is refused with a reason', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  const cases: [body: unknown, says: RegExp][] = [
    [{}, /"text"/],
    [[], /JSON object/],
    ['text', /JSON object/],
    [null, /JSON object/],
    [{ to: DANA }, /"text" is missing/],
    [{ to: DANA, text: ' \n' }, /"text" is missing/],
    [{ to: DANA, text: 7 }, /"text" must be a text/],
    [{ text: 'x' }, /"to" must be a number/],
    [{ to: '0501234567', text: 'x' }, /country code/],
    [{ to: 'dana', text: 'x' }, /"to"/],
    [{ to: `${DANA}@g.us`, text: 'x' }, /"to"/],
    [{ to: `${DANA}123456`, text: 'x' }, /"to"/],
    [{ to: ['972501234567'], text: 'x' }, /"to" must be a text/],
    [{ to: DANA, type: 'sticker', text: 'x' }, /"type" must be one of text, image/],
    [{ to: DANA, type: 'image' }, /"mediaUrl" is missing/],
    [{ to: DANA, text: 'x', media_url: 'https://example.com/a.png' }, /"type"/],
    [{ to: DANA, type: 'audio', text: 'x', mediaUrl: 'https://example.com/a.ogg' }, /caption/],
    [{ to: DANA, text: 'x', idempotencyKey: 'k'.repeat(300) }, /"idempotencyKey"/],
    [{ to: DANA, text: 'x', idempotencyKey: 5 }, /"idempotencyKey" must be a text/],
    [{ to: DANA, text: 'x'.repeat(70_000) }, /"text" is longer/],
  ]
  for (const [body, says] of cases) {
    const { status, body: said } = await bridge.post('/send', body)
    assert.deepEqual([status, said.ok, said.error?.code], [400, false, 'bad_request'], JSON.stringify(body))
    assert.match(said.error.message, says)
  }
  assert.deepEqual(env.server.state().outbound, [])
})

async function pipelined(bridge: BridgeProcess, bodies: readonly object[]): Promise<number[]> {
  const socket = connect(Number(new URL(bridge.url).port), '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  for (const body of bodies) {
    const bytes = Buffer.from(JSON.stringify(body))
    socket.write(
      `POST /send HTTP/1.1\r\nhost: bridge\r\nx-baileys-secret: ${SECRET}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
    )
    socket.write(bytes)
  }
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  await until('all answers', () => statuses().length === bodies.length, 60_000)
  socket.destroy()
  return statuses()
}

test('a reply contains the message that it quotes, with its author', async () => {
  const env = await TestEnv.create()
  const { server } = env
  const bridge = await env.startLinked()
  const quoteOf = async (text: string) => {
    const { message } = await arrived(server, text)
    return proto.Message.fromObject(message ?? {}).extendedTextMessage?.contextInfo
  }
  const key = newKey()
  const theirs = { id: '3EB0AAAA', fromMe: false, text: 'פתוח מחר?' }
  assert.equal((await bridge.send(DANA, 'כן', key, { quoted: theirs })).status, 200)
  const quote = await quoteOf('כן')
  assert.deepEqual([quote?.stanzaId, quote?.quotedMessage?.conversation], ['3EB0AAAA', 'פתוח מחר?'])
  assert.match(String(quote?.participant), /^\d+@(s\.whatsapp\.net|lid)$/)
  // The quote is a part of the message: another quote with the same key is an error.
  assert.equal((await bridge.send(DANA, 'כן', key, { quoted: { ...theirs, id: '3EB0BBBB' } })).status, 409)
  assert.equal((await bridge.send(DANA, 'כן', key, { quoted: theirs })).status, 200)

  const ours = { id: '3EB0CCCC', fromMe: true, text: '' }
  assert.equal((await bridge.send(DANA, 'ועוד', newKey(), { quoted: ours })).status, 200)
  const own = await quoteOf('ועוד')
  assert.equal(own?.stanzaId, '3EB0CCCC')
  assert.notEqual(own?.participant, quote?.participant)
  assert.equal((await bridge.send(DANA, 'x', newKey(), { quoted: { text: 'no id' } })).status, 400)
})
