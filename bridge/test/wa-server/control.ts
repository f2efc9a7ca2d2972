// The server's methods over HTTP, for tests that run in another process or language.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WaServer } from './server.ts'

type Body = Record<string, unknown>
/** Bodies are what tests write; the methods validate the necessary fields. */
type Call = (server: WaServer, body: never) => unknown

const CALLS: Record<string, Call> = {
  'GET /state': server => server.state(),
  'GET /events': (server, body) => server.events(body),
  'POST /scan': (server, body) => server.scan(body),
  'POST /enter-code': (server, body) => server.enterCode(body),
  'POST /inbound': (server, body) => server.inbound(body),
  'POST /from-phone': (server, body) => server.fromPhone(body),
  'POST /history': (server, body) => server.history(body),
  'POST /redeliver': (server, body) => server.redeliver(body),
  'POST /corrupt-next': server => server.corruptNext(),
  'POST /forget': (server, body) => server.forget(body),
  'POST /receipt': (server, body) => server.receipt(body),
  'POST /drop': (server, body) => server.drop(body),
  'POST /next-login': (server, body) => server.nextLogin(body),
  'POST /options': (server, body) => server.options(body),
}

/** Answers calls: 200 with the result, 404 for an unknown object, 400 for an invalid call. */
export function controlServer(server: WaServer): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(server, request).then(
      ([status, body]) => reply(response, status, body),
      error => reply(response, 400, { error: error instanceof Error ? error.message : String(error) }),
    )
  }
}

async function answer(server: WaServer, request: IncomingMessage): Promise<[number, unknown]> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const call = CALLS[`${request.method} ${pathname}`]
  if (!call) return [404, { error: `no such call: ${request.method} ${pathname}` }]
  const after = searchParams.get('after')
  const body: Body = request.method === 'GET' ? { after: Number(after ?? 0) } : await bodyOf(request)
  return [200, (await call(server, body as never)) ?? {}]
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
