import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'
import { makeCertificate } from './wa-server/certificate.ts'

const DANA = '972501234567'
const AVI = '972523334455'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test('received files of every kind can be sent', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const cases = [
    { kind: 'image', mimetype: 'image/jpeg', caption: 'תמונה', field: 'mediaUrl' },
    { kind: 'video', mimetype: 'video/mp4', caption: 'סרט', field: 'media_url' },
    { kind: 'document', mimetype: 'application/pdf', caption: 'מסמך', field: 'mediaUrl' },
    { kind: 'audio', mimetype: 'audio/ogg; codecs=opus', caption: undefined, field: 'media_url' },
    { kind: 'audio', mimetype: 'audio/mpeg', caption: undefined, field: 'mediaUrl' },
  ] as const
  for (const [index, { kind, mimetype, caption, field }] of cases.entries()) {
    const content = randomBytes(30_000 + index)
    const id = `FILE${index}`
    await server.inbound({
      from: DANA,
      id,
      media: { kind, mimetype, base64: content.toString('base64'), fileName: 'חוזה.pdf' },
    })
    const event = await daemon.event('the file', one => one.event === 'message' && one.provider_msg_id === id)
    const url = 'media_url' in event ? (event.media_url ?? '') : ''
    await until('it is here', async () => (await bridge.get(new URL(url).pathname)).status === 200)
    const request = { to: AVI, type: kind, [field]: url, idempotencyKey: newKey(), ...(caption && { text: caption }) }
    const sent = await bridge.post('/send', request)
    assert.equal(sent.status, 200, `${mimetype}: ${JSON.stringify(sent.body)}`)
    const [message] = server.state().outbound.filter(one => one.id === sent.body.provider_msg_id)
    const media = message?.media
    assert.deepEqual([message?.kind, media?.sha256, media?.caption], [kind, sha256(content), caption], media?.error)
    assert.equal(media?.mimetype?.split(';')[0], mimetype.split(';')[0])
    assert.equal(media?.ptt, mimetype.includes('ogg'))
    if (kind === 'document') assert.equal(media?.fileName, 'חוזה.pdf')
    // A new upload would create another message, so for the same key the bridge does not even fetch the file.
    const uploads = server.events().filter(one => one.event === 'media-upload').length
    assert.deepEqual((await bridge.post('/send', request)).body, sent.body)
    assert.equal(server.events().filter(one => one.event === 'media-upload').length, uploads)
  }
})

test('no file is fetched from this machine or its network, by any form of address', async t => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  const certificate = await makeCertificate()
  let asked = 0
  const inside = createServer({ key: certificate.key, cert: certificate.certificate }, (_request, response) => {
    asked++
    response.end('secret')
  })
  t.after(async () => {
    inside.close()
    inside.closeAllConnections()
    await certificate.remove()
  })
  await new Promise<void>(resolve => inside.listen(0, resolve))
  const { port } = inside.address() as AddressInfo
  const addresses = [
    `https://127.0.0.1:${port}/a.png`,
    `https://localhost:${port}/a.png`,
    `https://[::1]:${port}/a.png`,
    `https://[::ffff:127.0.0.1]:${port}/a.png`,
    `https://2130706433:${port}/a.png`,
    `https://0x7f.1:${port}/a.png`,
    `https://0.0.0.0:${port}/a.png`,
    'https://10.0.0.1/a.png',
    'https://192.168.1.1/a.png',
    'https://172.16.0.1/a.png',
    'https://100.64.0.1/a.png',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/a.png',
    'https://[fe80::1]/a.png',
    'http://example.com/a.png',
    'ftp://example.com/a.png',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'https://user:password@example.com/a.png',
    `${bridge.url}/media/${'0'.repeat(32)}`,
    `${bridge.url}/status`,
    'nothing like an address',
  ]
  for (const mediaUrl of addresses) {
    const { status, body } = await bridge.post('/send', { to: DANA, type: 'image', mediaUrl, idempotencyKey: newKey() })
    assert.deepEqual([status, body.ok], [422, false], `${mediaUrl}: ${JSON.stringify(body)}`)
    assert.equal(body.error.code, 'media', mediaUrl)
    assert.ok(body.error.message.length > 10, mediaUrl)
  }
  assert.equal(asked, 0)
  assert.deepEqual(env.server.state().outbound, [])
  assert.ok(!readdirSync(env.folder).includes('outgoing') || readdirSync(join(env.folder, 'outgoing')).length === 0)
})

test('a file that cannot be fetched now does not pass for a missing connection', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  const request = { to: DANA, type: 'image', mediaUrl: 'https://nonexistent.invalid/x.png', idempotencyKey: newKey() }
  const { status, body } = await bridge.post('/send', request)
  assert.deepEqual([status, body.error?.code], [503, 'file_unavailable'], JSON.stringify(body))
  assert.equal((await bridge.get('/health')).status, 200)
  assert.equal(
    (await bridge.post('/send', { to: DANA, type: 'text', text: 'שלום', idempotencyKey: newKey() })).status,
    200,
  )
})

test('a file whose upload fails is not sent, and a retry sends it', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  const media = { kind: 'image', base64: randomBytes(1000).toString('base64'), mimetype: 'image/png' } as const
  await server.inbound({ from: DANA, media: { ...media, caption: 'קובץ' } })
  const { media_url: mediaUrl } = await daemon.message('קובץ')
  await until('it is here', async () => (await bridge.get(new URL(mediaUrl ?? '').pathname)).status === 200)
  const key = newKey()
  const send = () => bridge.post('/send', { to: DANA, type: 'image', mediaUrl, idempotencyKey: key })
  server.options({ stallIq: ['w:m:media_conn'] })
  assert.equal((await send()).status, 504)
  server.options({ stallIq: [] })
  server.drop({ kind: 'reset' })
  await until('it is sent', async () => (await send()).status === 200, 60_000)
  assert.equal(server.state().outbound.filter(one => one.kind === 'image' && !one.duplicate).length, 1)
})
