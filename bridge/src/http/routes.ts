import QRCode from 'qrcode'
import type { Bridge } from '../bridge.ts'
import type { BridgeSession } from '../bridge-session.ts'
import { LACK_OF_SPACE } from '../spool/media.ts'
import { KeyReused } from '../whatsapp/outbound.ts'
import { PairingRefused } from '../whatsapp/pairing.ts'
import type { SendResult } from '../whatsapp/send-result.ts'
import { messageIdOf } from '../whatsapp/sent-messages.ts'
import { readForgetRequest, readPairingRequest, readSendRequest, type SendRequest } from '../wire/request.ts'
import type { RequestAuth } from './request-auth.ts'
import { failure, json, type Reply, type Route } from './server.ts'
import { healthOf, metricsOf, statusOf } from './status.ts'

export function routesOf(bridge: Bridge, auth: RequestAuth): Route[] {
  return [
    {
      method: 'GET',
      path: /^\/healthz?$/,
      open: true,
      handle: ({ raw }) => {
        const health = healthOf(bridge)
        return json(health.connected ? 200 : 503, health, auth.proof(raw))
      },
    },
    { method: 'GET', path: /^\/status$/, handle: () => json(200, statusOf(bridge)) },
    {
      method: 'GET',
      path: /^\/metrics$/,
      handle: () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metricsOf(bridge) }),
    },
    { method: 'POST', path: /^\/send$/, handle: async request => send(bridge, await request.json()) },
    { method: 'GET', path: /^\/qr$/, handle: () => qr(bridge) },
    { method: 'POST', path: /^\/pair$/, handle: () => pair(bridge) },
    { method: 'POST', path: /^\/pairing-code$/, handle: async request => pairingCode(bridge, await request.json()) },
    { method: 'POST', path: /^\/logout$/, handle: () => logOut(bridge) },
    { method: 'POST', path: /^\/reconnect$/, handle: () => reconnect(bridge) },
    { method: 'POST', path: /^\/check-link$/, handle: () => checkLink(bridge) },
    { method: 'POST', path: /^\/forget$/, handle: async request => forgetContact(bridge, await request.json()) },
    { method: 'GET', path: MEDIA_PATH, handle: async ({ match }) => media(await bridge.started(), match[1] as string) },
    { method: 'DELETE', path: MEDIA_PATH, handle: ({ match }) => forgetMedia(bridge, match[1] as string) },
  ]
}

async function send(bridge: Bridge, body: unknown): Promise<Reply> {
  const request = readSendRequest(body)
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<SendResult>(resolve => {
    const message = 'WhatsApp has not acknowledged the message yet; repeat the request with the same key'
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
  const current = await bridge.started()
  if (current) return current.outbound.send(request)
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
    case 'file_unavailable':
      return failure(503, result.kind, result.message)
    case 'unknown':
      return failure(504, 'unknown', result.message)
  }
}

async function qr(bridge: Bridge): Promise<Reply> {
  const code = bridge.current?.link.qr
  if (!code) return failure(404, 'no_qr', 'no QR code is shown; POST /pair requests one')
  const svg = await QRCode.toString(code, { type: 'svg', errorCorrectionLevel: 'L', margin: 2 })
  return json(200, { qr: code, svg })
}

async function pair(bridge: Bridge): Promise<Reply> {
  if ((await bridge.started())?.session.isPaired)
    return failure(409, 'already_paired', 'a phone is linked; log out first')
  await bridge.replaceDamagedSession()
  bridge.current?.link.showQrCodes()
  return json(200, { ok: true, state: bridge.state })
}

async function pairingCode(bridge: Bridge, body: unknown): Promise<Reply> {
  const phone = readPairingRequest(body)
  if ((await bridge.started())?.session.isPaired)
    return failure(409, 'already_paired', 'a phone is linked; log out first')
  await bridge.replaceDamagedSession()
  const link = bridge.current?.link
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
  await bridge.replaceDamagedSession()
  const { current } = bridge
  if (!current) return failure(503, 'not_connected', `the bridge cannot log out: its state is "${bridge.state}"`)
  await current.link.logOut()
  return json(200, { ok: true, state: bridge.state })
}

async function reconnect(bridge: Bridge): Promise<Reply> {
  const current = await bridge.started()
  if (!current) return failure(503, 'not_connected', `the bridge cannot connect: its state is "${bridge.state}"`)
  current.link.connect()
  return json(200, { ok: true, state: bridge.state })
}

async function checkLink(bridge: Bridge): Promise<Reply> {
  const current = await bridge.started()
  return json(200, { ok: true, result: (await current?.linkCheck.check()) ?? null })
}

async function forgetContact(bridge: Bridge, body: unknown): Promise<Reply> {
  const addresses = readForgetRequest(body)
  const current = await bridge.started()
  if (!current) return cannotChangeFiles(bridge)
  return json(200, { ok: true, ...(await current.forget(addresses)) })
}

function cannotChangeFiles(bridge: Bridge): Reply {
  return failure(503, 'not_connected', `the bridge cannot change its files: its state is "${bridge.state}"`)
}

async function media(current: BridgeSession | undefined, id: string): Promise<Reply> {
  const store = current?.media
  const entry = store?.find(id)
  if (!store)
    return failure(503, 'not_here_yet', 'the session file cannot be read or written at the moment', {
      'retry-after': 10,
    })
  if (!entry) return failure(404, 'not_found', 'there is no such file')
  if (entry.state === 'wanted') {
    return failure(503, 'not_here_yet', 'the file is still being fetched', { 'retry-after': 5 })
  }
  if (entry.state === 'gone') return failure(410, 'gone', entry.why ?? 'the file is permanently unavailable')
  const body = await store.open(id)
  if (!body) return failure(410, 'gone', LACK_OF_SPACE)
  return {
    status: 200,
    type: headerSafe(entry.mime) ?? 'application/octet-stream',
    headers: { 'content-length': entry.bytes },
    body,
  }
}

async function forgetMedia(bridge: Bridge, id: string): Promise<Reply> {
  const current = await bridge.started()
  if (!current) return cannotChangeFiles(bridge)
  await current.media.forget(id)
  return { status: 204 }
}

/** Returns a media type only if it is safe in a header: the sender of a file chooses the type. */
function headerSafe(mime: string | undefined): string | undefined {
  return mime && /^[\w.+-]+\/[\w.+-]+(;[ -~]*)?$/.test(mime) ? mime : undefined
}

const MEDIA_PATH = /^\/media\/([0-9a-f]{32})$/
/**
 * The time limit of the answer to `POST /send`, in ms; the send itself continues. It is shorter than the daemon's
 * timeout of 8 s, so that the daemon gets the reason.
 */
const ANSWER_MS = 4500
const PAIRING_MS = 10_000
