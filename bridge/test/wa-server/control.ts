// Exposes the server's methods over HTTP, for tests in other processes or languages.
import type { IncomingMessage, ServerResponse } from 'node:http'

type Body = Record<string, unknown>

/** The methods that can be called over HTTP. The bodies come from tests; the methods validate them. */
export type Controlled = Record<(typeof CALLS)[keyof typeof CALLS], (body: never) => unknown>

const CALLS = {
  'GET /state': 'state',
  'GET /events': 'events',
  'POST /scan': 'scan',
  'POST /enter-code': 'enterCode',
  'POST /inbound': 'inbound',
  'POST /from-phone': 'fromPhone',
  'POST /history': 'history',
  'POST /redeliver': 'redeliver',
  'POST /corrupt-next': 'corruptNext',
  'POST /forget': 'forget',
  'POST /receipt': 'receipt',
  'POST /restrict': 'restrict',
  'POST /drop': 'drop',
  'POST /next-login': 'nextLogin',
  'POST /options': 'options',
} as const

/** Answers 200 with the method's result, 404 for an unknown path, 400 with the message of an exception. */
export function controlServer(server: Controlled): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(server, request).then(
      ([status, body]) => reply(response, status, body),
      error => reply(response, 400, { error: error instanceof Error ? error.message : String(error) }),
    )
  }
}

async function answer(server: Controlled, request: IncomingMessage): Promise<[number, unknown]> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const call = `${request.method} ${pathname}`
  if (!isCall(call)) return [404, { error: `no such call: ${call}` }]
  const after = searchParams.get('after')
  const body: Body = request.method === 'GET' ? { after: Number(after ?? 0) } : await bodyOf(request)
  return [200, (await server[CALLS[call]](body as never)) ?? {}]
}

function isCall(text: string): text is keyof typeof CALLS {
  return text in CALLS
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString()
  const body: unknown = text ? JSON.parse(text) : {}
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Error('the body is not a JSON object')
  return body as Body
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
