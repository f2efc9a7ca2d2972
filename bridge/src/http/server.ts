import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { type Log, reason } from '../log.ts'
import { BadRequest } from '../wire/request.ts'
import type { RequestAuth } from './request-auth.ts'

export interface Reply {
  readonly status: number
  readonly body?: string | Readable
  readonly type?: string
  readonly headers?: Readonly<Record<string, string | number>>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  /** The route accepts unauthenticated requests. */
  readonly open?: true
  handle(request: ParsedRequest): Promise<Reply> | Reply
}

export interface ParsedRequest {
  readonly match: RegExpExecArray
  readonly raw: IncomingMessage
  /** Parses the body as JSON, an empty one as `{}`. Throws {@link BadRequest}, or {@link TooLarge}. */
  json(): Promise<unknown>
}

export function json(status: number, value: unknown, headers?: Reply['headers']): Reply {
  return { status, body: JSON.stringify(value), type: 'application/json', ...(headers ? { headers } : {}) }
}

export function failure(status: number, code: string, message: string, headers?: Reply['headers']): Reply {
  return json(status, { ok: false, error: { code, message } }, headers)
}

/** Serves the routes. An exception in a route produces an error response, and never ends the process. */
export function serve(routes: readonly Route[], auth: RequestAuth, log: Log): Server {
  const server = createServer({ connectionsCheckingInterval: 5000 }, (request, response) => {
    answer(routes, auth, request)
      .catch(error => replyTo(error, describe(request), log))
      .then(reply => write(request, response, reply))
      .catch(error => {
        log.debug('HTTP', `The response to ${describe(request)} was not sent: ${reason(error)}`)
        response.destroy()
      })
  })
  server.headersTimeout = 10_000
  // Longer than clients keep idle connections, so that the server does not close a connection that a client is about to
  // reuse.
  server.keepAliveTimeout = 120_000
  server.requestTimeout = 10_000
  server.maxHeadersCount = 50
  server.maxConnections = 200
  return server
}

async function answer(routes: readonly Route[], auth: RequestAuth, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '/').split('?')[0] as string
  const here = routes.flatMap(route => {
    const match = route.path.exec(path)
    return match ? [{ route, match }] : []
  })
  const isOpen = here.some(({ route }) => route.open)
  let body: Promise<Buffer> | undefined
  const readOnce = () => {
    body ??= readBody(request)
    return body
  }
  // The authentication comes before the 404, so that an unauthenticated client cannot discover which routes exist.
  if (!isOpen && !(await auth.accepts(request, readOnce))) {
    return failure(401, 'unauthorized', 'X-BAILEYS-SECRET is missing or wrong')
  }
  if (here.length === 0) return failure(404, 'not_found', 'there is nothing at this path')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = here.find(({ route }) => route.method === method)
  if (!found) {
    const allowed = here.map(({ route }) => route.method).join(', ')
    return failure(405, 'method_not_allowed', `allowed here: ${allowed}`, { allow: allowed })
  }
  return found.route.handle({ match: found.match, raw: request, json: async () => parseJson(await readOnce()) })
}

/** Returns the method and the path of a request without its query, for log lines. */
function describe({ method, url }: IncomingMessage): string {
  return `${method} ${(url ?? '/').split('?')[0]}`
}

function replyTo(error: unknown, request: string, log: Log): Reply {
  if (error instanceof TooLarge) return failure(413, 'too_large', error.message, { connection: 'close' })
  if (error instanceof BadRequest) return failure(400, 'bad_request', error.message)
  log.error('HTTP_FAILED', `Request ${request} failed and is answered with HTTP 500: ${reason(error)}`)
  return failure(500, 'internal', 'the bridge failed; see its log')
}

function write(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, body, type, headers } = reply
  response.statusCode = status
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  if (type) response.setHeader('content-type', type)
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
  // Discards an unread body, which precedes the next request of the connection.
  if (!request.complete) request.resume()
  if (body === undefined || typeof body === 'string') {
    if (body !== undefined) response.setHeader('content-length', Buffer.byteLength(body))
    response.end(request.method === 'HEAD' ? undefined : body)
  } else if (request.method === 'HEAD') {
    body.destroy()
    response.end()
  } else {
    // `pipeline` closes the file if the client disconnects.
    pipeline(body, response, () => undefined)
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > LARGEST_BODY) throw new TooLarge(`the body is larger than ${LARGEST_BODY} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    // The client closed the connection. This is not an error of the bridge, and an unauthenticated client can cause it.
    throw error instanceof TooLarge ? error : new BadRequest('the body is incomplete')
  }
  return Buffer.concat(chunks)
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new BadRequest('the body is not JSON')
  }
}

class TooLarge extends Error {}

const LARGEST_BODY = 1 << 20
