import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { type Log, reason } from '../log.ts'
import { BadRequest } from '../wire/bad-request.ts'

/** The answer to a request. */
export interface Reply {
  readonly status: number
  /** A text, or a function that opens a stream. */
  readonly body?: string | (() => Readable)
  readonly type?: string
  readonly headers?: Readonly<Record<string, string | number>>
}

/** A route. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  /** Whether it needs no secret. */
  readonly open?: true
  handle(request: Asked): Promise<Reply> | Reply
}

/** A request, as a route receives it. */
export interface Asked {
  /** The groups of the route's path. */
  readonly match: RegExpExecArray
  /** The body as JSON; throws {@link BadRequest}. */
  json(): Promise<unknown>
}

export function json(status: number, value: unknown, headers?: Reply['headers']): Reply {
  return { status, body: JSON.stringify(value), type: 'application/json', ...(headers ? { headers } : {}) }
}

export function failure(status: number, code: string, message: string, headers?: Reply['headers']): Reply {
  return json(status, { ok: false, error: { code, message } }, headers)
}

/** Serves the routes. An exception in a route is answered with an error, and never ends the process. */
export function serve(routes: readonly Route[], token: string | undefined, log: Log): Server {
  const server = createServer({ connectionsCheckingInterval: 5000 }, (request, response) => {
    answer(routes, token, request)
      .catch(error => replyTo(error, log))
      .then(reply => write(request, response, reply))
      .catch(error => {
        log.debug('HTTP', reason(error))
        response.destroy()
      })
  })
  server.headersTimeout = 10_000
  // Longer than clients keep idle connections: the server never closes one that a client is about to reuse.
  server.keepAliveTimeout = 120_000
  server.requestTimeout = 10_000
  server.maxHeadersCount = 50
  server.maxConnections = 200
  return server
}

async function answer(routes: readonly Route[], token: string | undefined, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '/').split('?')[0] as string
  const here = routes.flatMap(route => {
    const match = route.path.exec(path)
    return match ? [{ route, match }] : []
  })
  const isOpen = here.some(({ route }) => route.open)
  // An unauthenticated client does not learn which routes exist.
  if (!isOpen && !isGood(request.headers['x-baileys-secret'], token)) {
    return failure(401, 'unauthorized', 'X-BAILEYS-SECRET is missing or wrong')
  }
  if (here.length === 0) return failure(404, 'not_found', 'there is nothing at this path')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = here.find(({ route }) => route.method === method)
  if (!found) {
    const allowed = here.map(({ route }) => route.method).join(', ')
    return failure(405, 'method_not_allowed', `allowed here: ${allowed}`, { allow: allowed })
  }
  return found.route.handle({ match: found.match, json: () => readJson(request) })
}

function replyTo(error: unknown, log: Log): Reply {
  if (error instanceof TooLarge) return failure(413, 'too_large', error.message, { connection: 'close' })
  if (error instanceof BadRequest) return failure(400, 'bad_request', error.message)
  log.error('HTTP_FAILED', reason(error))
  return failure(500, 'internal', 'the bridge failed; see its log')
}

function write(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, body, type, headers } = reply
  response.statusCode = status
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  if (type) response.setHeader('content-type', type)
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
  // The rest of an unread body would be parsed as the next request.
  if (!request.complete) request.resume()
  if (body === undefined || typeof body === 'string') {
    if (body !== undefined) response.setHeader('content-length', Buffer.byteLength(body))
    response.end(request.method === 'HEAD' ? undefined : body)
  } else if (request.method === 'HEAD') {
    response.end()
  } else {
    // Closes the file if the client disconnects.
    pipeline(body(), response, () => undefined)
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_BODY) throw new TooLarge(`the body is larger than ${LARGEST_BODY} bytes`)
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch {
    throw new BadRequest('the body is not JSON')
  }
}

/** Compared in constant time. Without a secret in the settings no value is accepted. */
function isGood(given: string | string[] | undefined, token: string | undefined): boolean {
  if (!token || typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

class TooLarge extends Error {}

const LARGEST_BODY = 1 << 20
