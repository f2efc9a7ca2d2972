import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SECRET } from './support/bridge-process.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const AVI = '972523334455'

test('messages of every kind reach the daemon, signed, each once and in order', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()

  await server.inbound({ from: DANA, name: 'דנה', text: 'ראשונה' })
  const first = await daemon.message('ראשונה')
  assert.equal(first.phone, DANA)
  assert.match(first.lid ?? '', /@lid$/)
  assert.equal(first.push_name, 'דנה')
  assert.ok(Math.abs((first.timestamp ?? 0) - Date.now() / 1000) < 60)

  // Both addresses belong to the same contact.
  await server.inbound({ from: DANA, text: 'לפי LID', addressing: 'lid' })
  const byLid = await daemon.message('לפי LID')
  assert.deepEqual([byLid.from, byLid.lid], [first.from, first.lid])
  // This message does not contain the number: the bridge has learned it from an earlier message.
  await server.inbound({ from: DANA, text: 'בלי מספר', addressing: 'lid', hidePhone: true })
  assert.equal((await daemon.message('בלי מספר')).phone, DANA)
  await server.inbound({ from: '972549999999', text: 'מוסתר', addressing: 'lid', hidePhone: true })
  const hidden = await daemon.message('מוסתר')
  assert.equal(hidden.phone, undefined)
  assert.match(hidden.from, /@lid$/)

  const { id } = await server.fromPhone({ to: DANA, text: 'מהטלפון' })
  const own = await daemon.message('מהטלפון')
  assert.deepEqual([own.from_me, own.to, own.from, own.provider_msg_id], [true, DANA, '15550001000', id])

  const key = { id, fromMe: false, remoteJid: `${DANA}@s.whatsapp.net` }
  await server.inbound({ from: DANA, message: { reactionMessage: { key, text: '👍' } } })
  await daemon.event('a reaction', event => event.event === 'reaction' && event.target === id)
  await server.inbound({ from: DANA, message: { protocolMessage: { type: 'REVOKE', key } } })
  await daemon.event('a deletion', event => event.event === 'deletion' && event.target === id)

  await server.inbound({ from: DANA, text: 'לצפייה אחת', viewOnce: true })
  await daemon.event('a view-once message', event => event.event === 'message' && event.view_once === true)

  for (let i = 0; i < 30; i++) await server.inbound({ from: [DANA, AVI][i % 2] as string, text: `סדרה ${i}` })
  await until('all thirty', () => daemon.texts.filter(text => text.startsWith('סדרה')).length === 30)
  for (const [contact, rest] of [
    [DANA, 0],
    [AVI, 1],
  ] as const) {
    const texts = daemon.messages
      .filter(one => one.from === contact && one.text.startsWith('סדרה'))
      .map(one => one.text)
    assert.deepEqual(
      texts,
      Array.from({ length: 15 }, (_, i) => `סדרה ${2 * i + rest}`),
    )
  }
  const ids = daemon.messages.map(message => message.provider_msg_id)
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(daemon.complaints, [])
  await until('nothing waits', async () => (await bridge.get('/health')).body.inbox === 0)
})

test('notes that the owner writes to the own number stay on the phone', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  await env.startLinked()
  await server.fromPhone({ to: '15550001000', text: 'פתק לעצמי' })
  await server.fromPhone({ to: '15550001000', addressing: 'lid', text: 'עוד פתק' })
  await server.fromPhone({ to: DANA, text: 'ללקוחה' })
  await daemon.message('ללקוחה')
  assert.deepEqual(daemon.texts, ['ללקוחה'])
})

test('messages of groups, lists, channels and status updates are ignored', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  await env.startLinked()
  await server.inbound({ from: DANA, group: '120363000000000001@g.us', text: 'קבוצה' })
  await server.inbound({ from: DANA, broadcast: '1700000000@broadcast', text: 'רשימה' })
  await server.inbound({ from: DANA, broadcast: 'status', text: 'סטטוס' })
  await server.inbound({ from: DANA, newsletter: '120363000000000002@newsletter', text: 'ערוץ' })
  await server.inbound({ from: DANA, text: 'אישית' })
  await daemon.message('אישית')
  assert.deepEqual(daemon.texts, ['אישית'])
})

test('the bridge serves files until the daemon confirms them', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const content = randomBytes(200_000)
  const media = { kind: 'image', base64: content.toString('base64'), mimetype: 'image/png', caption: 'תמונה' } as const
  await server.inbound({ from: DANA, media })
  const { media_url, mime, type } = await daemon.message('תמונה')
  assert.deepEqual([mime, type], ['image/png', 'image'])
  const path = new URL(media_url ?? '').pathname
  assert.equal(media_url, `${bridge.url}${path}`)
  const file = await until('the file', async () => {
    const answer = await bridge.get(path)
    return answer.status === 200 && answer
  })
  assert.equal(createHash('sha256').update(file.body).digest('hex'), createHash('sha256').update(content).digest('hex'))
  assert.equal(file.headers.get('content-type'), 'image/png')
  assert.equal((await bridge.get(path, { 'x-baileys-secret': 'wrong' })).status, 401)

  // The file survives a kill, until the daemon deletes it.
  await bridge.stop('SIGKILL')
  const again = await env.start()
  assert.equal((await again.get(path)).status, 200)
  assert.equal((await again.ask('DELETE', path)).status, 204)
  assert.equal((await again.get(path)).status, 404)
  assert.equal((await again.ask('DELETE', path)).status, 204)
  assert.deepEqual(readdirSync(join(env.folder, 'media')), [])

  // A voice note keeps its kind, and a file that WhatsApp has lost is reported as lost.
  await again.becomes('connected')
  const voice = {
    kind: 'audio',
    base64: content.toString('base64'),
    mimetype: 'audio/ogg; codecs=opus',
    ptt: true,
  } as const
  await server.inbound({ from: AVI, media: { ...voice, seconds: 3 } })
  const note = await daemon.event('a voice note', event => event.event === 'message' && event.type === 'voice')
  assert.equal('seconds' in note && note.seconds, 3)
  await server.inbound({ from: AVI, media: { ...media, caption: 'אבודה', gone: 'lost' } })
  const lost = new URL((await daemon.message('אבודה')).media_url ?? '').pathname
  await until('the phone was asked, without success', async () => [410, 503].includes((await again.get(lost)).status))
  await server.inbound({ from: AVI, media: { ...media, caption: 'התעכבה', gone: true } })
  const late = new URL((await daemon.message('התעכבה')).media_url ?? '').pathname
  await until('the phone uploads it again', async () => (await again.get(late)).status === 200, 30_000)
})

test('too large files are not fetched, and the oldest files are evicted', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked({
    environment: { WA_MAX_MEDIA_BYTES: '50000', WA_MEDIA_SPOOL_BYTES: '100000' },
  })
  const send = async (caption: string, size: number) => {
    const base64 = randomBytes(size).toString('base64')
    await server.inbound({ from: DANA, media: { kind: 'document', base64, mimetype: 'application/pdf', caption } })
    return new URL((await daemon.message(caption)).media_url ?? '').pathname
  }
  const becomes = (path: string, status: number) =>
    until(`${path} is ${status}`, async () => (await bridge.get(path)).status === status)
  await becomes(await send('גדול', 60_000), 410)
  const oldest = await send('ראשון', 40_000)
  await becomes(oldest, 200)
  const second = await send('שני', 40_000)
  await becomes(second, 200)
  const third = await send('שלישי', 40_000)
  await becomes(third, 200)
  await becomes(oldest, 410)
  await becomes(second, 200)

  // On a full disk, files are deleted before this is recorded.
  rmSync(join(env.folder, third))
  await becomes(third, 410)
  assert.equal((await bridge.ask('HEAD', third)).status, 410)
})

test('every message arrives in order, however the daemon answers before', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  let sent = 0
  const acknowledged = () => server.state().inbound.every(one => one.state === 'acknowledged')
  for (const behaviour of [500, 403, 503, 'hangs'] as const) {
    daemon.behaviour = behaviour
    for (let i = 0; i < 3; i++) await server.inbound({ from: DANA, text: `הודעה ${sent++}` })
    const { requests } = daemon
    await until(`the daemon is asked while it ${behaviour}`, () => daemon.requests > requests)
    await until('WhatsApp has its receipts', acknowledged)
    assert.equal((await bridge.get('/health')).status, 200)
  }
  await bridge.stop('SIGKILL')
  daemon.behaviour = 'accepts'
  await env.start()
  await until('all of them', () => daemon.texts.length >= sent)
  assert.deepEqual(
    daemon.texts,
    Array.from({ length: sent }, (_, i) => `הודעה ${i}`),
  )
  // An event that the daemon refuses because of its content is archived, and must not block other events.
  daemon.behaviour = 422
  await server.inbound({ from: DANA, text: 'לא נלקחת' })
  await until('it is archived', () => readdirSync(env.folder).includes('refused'))
  await until('nothing waits', async () => (await env.bridge.get('/health')).body.inbox === 0)
  daemon.behaviour = 'accepts'
  await server.inbound({ from: DANA, text: 'הבאה' })
  await daemon.message('הבאה')
  assert.equal((await env.bridge.get('/status')).body.refused_by_daemon, 1)
})

test('messages that arrived while the bridge was down are delivered after its start, those of the phone too', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  await (await env.startLinked()).stop('SIGKILL')
  await server.inbound({ from: DANA, text: 'בזמן הפסקה' })
  await server.fromPhone({ to: AVI, text: 'מהטלפון בזמן הפסקה' })
  await env.start()
  await daemon.message('בזמן הפסקה')
  assert.equal((await daemon.message('מהטלפון בזמן הפסקה')).from_me, true)
})

test('a message that could not be decrypted is requested again', async () => {
  const env = await TestEnv.create()
  await env.startLinked()
  env.server.corruptNext()
  await env.server.inbound({ from: DANA, text: 'נפגמה' })
  await env.daemon.message('נפגמה')
  env.server.forget({ from: DANA })
  await env.server.inbound({ from: DANA, text: 'טלפון חדש' })
  await env.daemon.message('טלפון חדש')
})

test('history is delivered only if the settings request it, and is marked', async () => {
  const jid = `${DANA}@s.whatsapp.net`
  const messages = [
    { id: 'OLD1', text: 'ישנה', t: 1_700_000_000 },
    { id: 'OLD2', text: 'תשובה', t: 1_700_000_100, fromMe: true },
  ]
  for (const [history, syncType, expected] of [
    ['none', 3, 0],
    ['recent', 3, 2],
    ['recent', 2, 0],
    ['full', 2, 2],
  ] as const) {
    const env = await TestEnv.create()
    await env.startLinked({ environment: { WA_HISTORY: history } })
    await env.server.history({ conversations: [{ jid, messages }], syncType })
    await env.server.inbound({ from: AVI, text: 'חדשה' })
    await env.daemon.message('חדשה')
    await until('nothing waits', async () => (await env.bridge.get('/health')).body.inbox === 0)
    const old = env.daemon.messages.filter(one => one.history)
    assert.equal(old.length, expected, `${history}, ${syncType}`)
    if (expected > 0) {
      assert.deepEqual(old.map(one => [one.text, one.from_me ?? false, one.timestamp]).sort(), [
        ['ישנה', false, 1_700_000_000],
        ['תשובה', true, 1_700_000_100],
      ])
    }
    await env.stop()
  }
})

test('receipts become statuses, which never decrease', async () => {
  const env = await TestEnv.create({ autoReceipt: false })
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const { body } = await bridge.send(DANA, 'שלום', newKey())
  const id: string = body.provider_msg_id
  for (const type of ['read', 'delivery', 'sender', 'played'] as const) await server.receipt({ id, type })
  await daemon.event('played', event => event.event === 'status' && event.status === 'played')
  const statuses = daemon.taken.flatMap(event => (event.event === 'status' ? [event.status] : []))
  assert.deepEqual(statuses, ['read', 'played'])
})

test('while the daemon is down, files are fetched, and messages of a contact with two addresses stay in order', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'היכרות' })
  await daemon.message('היכרות')
  daemon.behaviour = 500
  const sent = Array.from({ length: 12 }, (_, i) => `בתור ${i}`)
  for (const [i, text] of sent.entries()) {
    await server.inbound({ from: DANA, text, addressing: i % 2 ? 'lid' : 'pn', hidePhone: i % 4 === 1 })
  }
  const base64 = randomBytes(5000).toString('base64')
  const ids: string[] = []
  for (let i = 0; i < 3; i++) {
    const media = { kind: 'image', base64, mimetype: 'image/png', caption: `תמונה ${i}` } as const
    ids.push((await server.inbound({ from: DANA, media })).id)
  }
  await until('the files are here', () => readdirSync(join(env.folder, 'media')).length === ids.length)
  await bridge.stop('SIGKILL')
  daemon.behaviour = 'accepts'
  const again = await env.start()
  await daemon.message('תמונה 2')
  assert.deepEqual(
    daemon.texts.filter(text => text.startsWith('בתור')),
    sent,
  )
  for (const { media_url } of daemon.messages.filter(message => message.type === 'image')) {
    assert.equal((await again.get(new URL(media_url ?? '').pathname)).status, 200)
  }
})

test('a file with a malformed type is served, and an aborted download leaves no file open', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const base64 = randomBytes(4_000_000).toString('base64')
  await server.inbound({
    from: DANA,
    media: { kind: 'image', base64, mimetype: 'image/jpegא\r\nx: y', caption: 'מוזר' },
  })
  const path = new URL((await daemon.message('מוזר')).media_url ?? '').pathname
  const whole = await until('the file', async () => {
    const answer = await bridge.get(path)
    return answer.status === 200 && answer
  })
  assert.equal(whole.headers.get('content-type'), 'application/octet-stream')
  const open = () => readdirSync(`/proc/${bridge.child.pid}/fd`).length
  const before = open()
  for (let i = 0; i < 15; i++) {
    const stop = new AbortController()
    const headers = { 'x-baileys-secret': SECRET }
    const response = await fetch(`${bridge.url}${path}`, { headers, signal: stop.signal })
    await response.body?.getReader().read()
    stop.abort()
  }
  await until('all of them are closed', () => open() <= before + 3)
})

test('a file whose address has expired is requested from the phone', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const base64 = randomBytes(1000).toString('base64')
  const media = { kind: 'image', base64, mimetype: 'image/png', caption: 'פג תוקף', gone: 403 } as const
  await server.inbound({ from: DANA, media })
  const path = new URL((await daemon.message('פג תוקף')).media_url ?? '').pathname
  await until('the phone uploads it again', async () => (await bridge.get(path)).status === 200, 30_000)
})

test('the content of a message that arrives without it is requested from the phone, across restarts', async () => {
  const env = await TestEnv.create({ resendPlaceholders: false })
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const { id } = await server.inbound({ from: DANA, text: 'מפרסומת', absent: true })
  await until('it is acknowledged', () =>
    server.state().inbound.find(one => one.id === id && one.state === 'acknowledged'),
  )
  await bridge.stop('SIGKILL')
  server.options({ resendPlaceholders: true })
  const again = await env.start()
  const message = await daemon.message('מפרסומת')
  assert.deepEqual([message.provider_msg_id, message.phone], [id, DANA])
  await again.stop('SIGKILL')
  const last = server.journal.last
  await (await env.start()).becomes('connected')
  await server.inbound({ from: DANA, text: 'אחריה' })
  await daemon.message('אחריה')
  assert.ok(!server.events({ after: last }).some(event => event.event === 'peer-message'))
})

test('a message is marked if it waited at WhatsApp, or in the bridge for the daemon', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  await server.inbound({ from: DANA, text: 'חיה' })
  assert.equal((await daemon.message('חיה')).waited, undefined)
  await bridge.stop()
  await server.inbound({ from: DANA, text: 'בלי חיבור' })
  const again = await env.start()
  assert.equal((await daemon.message('בלי חיבור')).waited, true)
  await again.becomes('connected')
  await server.inbound({ from: DANA, text: 'שוב חיה' })
  assert.equal((await daemon.message('שוב חיה')).waited, undefined)

  daemon.behaviour = 503
  await server.inbound({ from: DANA, text: 'בלי שרת' })
  await until('it waits in the bridge', async () => (await again.get('/health')).body.inbox === 1)
  await again.stop('SIGKILL')
  daemon.behaviour = 'accepts'
  await env.start()
  assert.equal((await daemon.message('בלי שרת')).waited, true)
})
