import QRCode from 'qrcode'
import type { Bridge } from '../bridge.ts'
import type { Run } from '../run.ts'
import { PairingRefused } from '../whatsapp/code-pairing.ts'
import { KeyReused } from '../whatsapp/outbound.ts'
import type { SendResult } from '../whatsapp/send-result.ts'
import { messageIdOf } from '../whatsapp/sent.ts'
import { readForgetRequest } from '../wire/forget.ts'
import { readPairingRequest, readSendRequest, type SendRequest } from '../wire/send.ts'
import { metricsOf } from './metrics.ts'
import { failure, json, type Reply, type Route } from './server.ts'
import { healthOf, statusOf } from './status.ts'

/** All routes. */
export function routesOf(bridge: Bridge): Route[] {
  return [
    {
      method: 'GET',
      path: /^\/healthz?$/,
      open: true,
      handle: () => {
        const health = healthOf(bridge)
        return json(health.connected ? 200 : 503, health)
      },
    },
    { method: 'GET', path: /^\/status$/, handle: () => json(200, statusOf(bridge)) },
    {
      method: 'GET',
      path: /^\/metrics$/,
      handle: () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metricsOf(bridge) }),
    },
    { method: 'POST', path: /^\/send$/, handle: async asked => send(bridge, await asked.json()) },
    { method: 'GET', path: /^\/qr$/, handle: () => qr(bridge) },
    { method: 'POST', path: /^\/pair$/, handle: () => pair(bridge) },
    { method: 'POST', path: /^\/pairing-code$/, handle: async asked => pairingCode(bridge, await asked.json()) },
    { method: 'POST', path: /^\/logout$/, handle: () => logOut(bridge) },
    { method: 'POST', path: /^\/reconnect$/, handle: () => reconnect(bridge) },
    { method: 'POST', path: /^\/check-link$/, handle: () => checkLink(bridge) },
    { method: 'POST', path: /^\/forget$/, handle: async asked => forgetContact(bridge, await asked.json()) },
    { method: 'GET', path: MEDIA_PATH, handle: async ({ match }) => media(await bridge.begun(), match[1] as string) },
    { method: 'DELETE', path: MEDIA_PATH, handle: ({ match }) => forgetMedia(bridge, match[1] as string) },
  ]
}

async function send(bridge: Bridge, body: unknown): Promise<Reply> {
  const request = readSendRequest(body)
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<SendResult>(resolve => {
    const message = 'WhatsApp has not answered yet; ask again with the same key'
    timer = setTimeout(() => resolve({ kind: 'unknown', message }), ANSWER_MS)
  })
  try {
    return replyOf(await Promise.race([sending(bridge, request), limit]))
  } catch (error) {
    if (error instanceof KeyReused) return failure(409, 'key_reused', error.message)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function sending(bridge: Bridge, request: SendRequest): Promise<SendResult> {
  const run = await bridge.begun()
  if (run) return run.outbound.send(request)
  const message = `the bridge cannot send: its state is "${bridge.state}"`
  const inDoubt = request.key !== undefined && bridge.mayHaveSent(messageIdOf(request.key))
  return { kind: inDoubt ? 'unknown' : 'not_connected', message }
}

function replyOf(result: SendResult): Reply {
  switch (result.kind) {
    case 'sent':
      return json(200, { ok: true, provider_msg_id: result.id })
    case 'refused':
      return failure(422, result.code, result.message)
    case 'not_connected':
      return failure(503, 'not_connected', result.message)
    case 'unknown':
      return failure(504, 'unknown', result.message)
  }
}

async function qr(bridge: Bridge): Promise<Reply> {
  const code = bridge.run?.link.qr
  if (!code) return failure(404, 'no_qr', 'no code is waiting; POST /pair asks for one')
  const svg = await QRCode.toString(code, { type: 'svg', errorCorrectionLevel: 'L', margin: 2 })
  return json(200, { qr: code, svg })
}

async function pair(bridge: Bridge): Promise<Reply> {
  if ((await bridge.begun())?.session.isPaired)
    return failure(409, 'already_paired', 'a phone is linked; log out first')
  await bridge.beginAnew()
  bridge.run?.link.showQrCodes()
  return json(200, { ok: true, state: bridge.state })
}

async function pairingCode(bridge: Bridge, body: unknown): Promise<Reply> {
  const phone = readPairingRequest(body)
  if ((await bridge.begun())?.session.isPaired)
    return failure(409, 'already_paired', 'a phone is linked; log out first')
  await bridge.beginAnew()
  const link = bridge.run?.link
  if (!link) return failure(503, 'not_connected', `the bridge cannot pair: its state is "${bridge.state}"`)
  try {
    const { text, until } = await link.pairByCode(phone, PAIRING_MS)
    return json(200, { ok: true, code: text, expires_at: until })
  } catch (error) {
    const { message } = error as Error
    if (error instanceof PairingRefused) return failure(422, 'refused', message)
    return failure(503, 'not_connected', message)
  }
}

async function logOut(bridge: Bridge): Promise<Reply> {
  await bridge.beginAnew()
  const { run } = bridge
  if (!run) return failure(503, 'not_connected', `the bridge cannot log out: its state is "${bridge.state}"`)
  await run.link.logOut()
  return json(200, { ok: true, state: bridge.state })
}

async function reconnect(bridge: Bridge): Promise<Reply> {
  const run = await bridge.begun()
  if (!run) return failure(503, 'not_connected', `the bridge cannot connect: its state is "${bridge.state}"`)
  run.link.connect()
  return json(200, { ok: true, state: bridge.state })
}

async function checkLink(bridge: Bridge): Promise<Reply> {
  const run = await bridge.begun()
  return json(200, { ok: true, result: (await run?.linkCheck.check()) ?? null })
}

async function forgetContact(bridge: Bridge, body: unknown): Promise<Reply> {
  const addresses = readForgetRequest(body)
  const run = await bridge.begun()
  if (!run) return failure(503, 'not_connected', `the bridge cannot change its files: its state is "${bridge.state}"`)
  return json(200, { ok: true, ...(await run.forget(addresses)) })
}

function media(run: Run | undefined, id: string): Reply {
  const store = run?.media
  const entry = store?.find(id)
  if (!store) return failure(503, 'not_here_yet', 'the bridge cannot read its disk', { 'retry-after': 10 })
  if (!entry) return failure(404, 'not_found', 'there is no such file')
  if (entry.state === 'wanted') {
    return failure(503, 'not_here_yet', 'the file is still being fetched', { 'retry-after': 5 })
  }
  if (entry.state === 'gone') return failure(410, 'gone', entry.why ?? 'the file will not come')
  return {
    status: 200,
    type: headerSafe(entry.mime) ?? 'application/octet-stream',
    headers: { 'content-length': entry.bytes },
    body: () => store.open(id),
  }
}

async function forgetMedia(bridge: Bridge, id: string): Promise<Reply> {
  await (await bridge.begun())?.media.forget(id)
  return { status: 204 }
}

/** A media type that is safe in a header: the sender of a file chooses its type. */
function headerSafe(mime: string | undefined): string | undefined {
  return mime && /^[\w.+-]+\/[\w.+-]+(;[ -~]*)?$/.test(mime) ? mime : undefined
}

const MEDIA_PATH = /^\/media\/([0-9a-f]{32})$/
/** The daemon gets its answer within 5 s. */
const ANSWER_MS = 4500
const PAIRING_MS = 10_000
