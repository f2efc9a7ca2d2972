import createClient, { type Middleware } from 'openapi-fetch'
import { compareClocks } from '../format/clock'
import { creationKeys } from './creation-keys'
import { ApiError, asApiError, errorOf, TIMEOUT } from './errors'
import { takeOutdatedPreload } from './preloads'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** The time limits of a request until its complete response, in ms. The limit of a read is shorter. */
const READ_TIMEOUT_MS = 10_000
const TIMEOUT_MS = 20_000
/** Paths whose reads have the longer limit, for example because the daemon calls external services. */
const SLOW = /^\/api\/(checks|twilio|self-check|updates|backups|whatsapp\/bridge)/

let csrfToken: string | null = null
/** The tokens of the current user's sessions in this page. */
const ownTokens = new Set<string>()
const etags = new Map<string, string>()
const KEY_HEADER = 'Idempotency-Key'
const keys = creationKeys(newKey, Date.now)
/** What identifies the request of a response or an error: method, path and body. */
const requests = new WeakMap<object, string>()
const onSuccess = new Set<(request: string) => void>()
const onUnauthorized = new Set<() => void>()
let fetchSession: (() => Promise<boolean>) | undefined

/**
 * Sets the session's CSRF token, which is sent with every request that changes something. Null ends the user's session,
 * and also forgets ETags. Call this function with null before it is called for another user.
 */
export function setCsrfToken(token: string | null): void {
  csrfToken = token
  if (token !== null) {
    ownTokens.add(token)
    return
  }
  ownTokens.clear()
  etags.clear()
}

/**
 * Calls `listener` when the daemon answers that the session has ended. Returns a function that removes the listener.
 */
export function whenUnauthorized(listener: () => void): () => void {
  onUnauthorized.add(listener)
  return () => onUnauthorized.delete(listener)
}

/** Calls `listener` after each change that has succeeded. */
export function whenChanged(listener: (request: string) => void): void {
  onSuccess.add(listener)
}

/** Returns what identifies the change that has failed with this error; equal requests have the same value. */
export const requestOf = (error: ApiError): string | undefined => requests.get(error)

/**
 * Sets the function that fetches the session again after the daemon has refused the CSRF token. The function stores the
 * new token and returns true if the session is still the same user's.
 */
export function renewSessionWith(fetch: () => Promise<boolean>): void {
  fetchSession = fetch
}

/**
 * Whether the browser has a newer session of the user who has sent the request with this token, for example after a
 * login in another tab. The daemon checks the token before it changes anything, so the request can be repeated. After a
 * login of another user, an earlier request may have renewed the session already.
 */
async function canRepeat(code: string, sent: string | null): Promise<boolean> {
  return code === 'csrf' && (await fetchSession?.()) === true && sent !== null && ownTokens.has(sent)
}

/**
 * Sends a request that this module's client does not send. Reports the end of the session, and repeats the request once
 * with a renewed CSRF token.
 */
export async function withSession<T>(send: () => Promise<T>): Promise<T> {
  const sent = csrfToken
  try {
    return await send()
  } catch (reason) {
    const { status, code } = asApiError(reason)
    if (status === 401) for (const listener of onUnauthorized) listener()
    if (!(await canRepeat(code, sent))) throw reason
    return send()
  }
}

/** The tag as the daemon wrote it: a proxy that compresses makes it weak (`W/"x"`). */
const etagOf = ({ headers }: Response): string | null => headers.get('ETag')?.replace(/^W\//, '') ?? null

/**
 * Returns the newest ETag that a successful response had for the item at this path, for `ifMatch` at the start of an
 * edit; undefined if there was none.
 */
export const knownEtag = (path: string): string | undefined => etags.get(path)

/**
 * Returns the header that makes a change fail with the code `changed` if the item no longer has this version; no header
 * if the version is unknown.
 */
export const ifMatch = (etag: string | undefined): Record<string, string> => (etag ? { 'If-Match': etag } : {})

const session: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrfToken)
    return request
  },
  onResponse({ request, response }) {
    const path = new URL(request.url).pathname
    const etag = etagOf(response)
    if (etag && response.ok && request.method !== 'DELETE') etags.set(path, etag)
    // A failed login is answered with 401 as well, but does not end a session.
    if (response.status === 401 && csrfToken !== null) for (const listener of onUnauthorized) listener()
    return response
  },
}

const timeLimitOf = ({ method, url }: Request): number =>
  method === 'GET' && !SLOW.test(new URL(url).pathname) ? READ_TIMEOUT_MS : TIMEOUT_MS

async function timedFetch(request: Request): Promise<Response> {
  const control = new AbortController()
  const give = () => control.abort(request.signal.reason)
  if (request.signal.aborted) give()
  request.signal.addEventListener('abort', give)
  // The timer continues while the body is read, because that can hang as well. Aborting a completed request has no
  // effect.
  setTimeout(() => control.abort(new ApiError(0, { code: TIMEOUT })), timeLimitOf(request))
  try {
    // An outdated preloaded response: this request uses it up, because the browser returns it only once.
    if (takeOutdatedPreload(request.url)) await fetch(request, { signal: control.signal })
    const sentAt = Date.now()
    const response = await fetch(request, { signal: control.signal })
    compareClocks(response.headers.get('Date'), sentAt)
    return response
  } catch (reason) {
    if (request.signal.aborted) throw reason
    throw asApiError(reason)
  }
}

async function sessionFetch(request: Request): Promise<Response> {
  const { method, url, headers, signal } = request
  if (method === 'GET') return timedFetch(request)
  // A clone does not work: browsers send the body of a cloned request as a stream.
  const body = (await request.text()) || null
  const needsKey = method === 'POST' && !headers.has(KEY_HEADER)
  const creation = needsKey ? keys.of(new URL(url).pathname, body) : undefined
  if (creation) headers.set(KEY_HEADER, creation.key)
  const send = () => timedFetch(new Request(url, { method, headers, signal, body }))
  const id = `${method} ${new URL(url).pathname} ${body ?? ''}`
  let hasResponse = false
  try {
    const response = await sendTwice(send, headers)
    hasResponse = true
    requests.set(response, id)
    if (response.ok) for (const listener of onSuccess) listener(id)
    return response
  } catch (reason) {
    if (reason instanceof ApiError) requests.set(reason, id)
    throw reason
  } finally {
    creation?.end(hasResponse)
  }
}

/** Sends a request once, and again if the daemon has refused the CSRF token and there is a new one. */
async function sendTwice(send: () => Promise<Response>, headers: Headers): Promise<Response> {
  const sent = headers.get('X-CSRF-Token')
  const response = await send()
  if (response.status !== 403) return response
  const refusal = await response
    .clone()
    .json()
    .catch(() => null)
  if (!(await canRepeat(errorOf(403, refusal).code, sent))) return response
  headers.set('X-CSRF-Token', csrfToken ?? '')
  return send()
}

/** The operations and their types come from `docs/openapi.json`. */
export const client = createClient<paths>({ baseUrl: '', fetch: sessionFetch })
client.use(session)

/** The ETags of the items that successful responses contained. */
const versions = new WeakMap<object, string>()

/**
 * Returns the header that makes a change fail with the code `changed` if the item is no longer as in this result of
 * `unwrap`; no header if the response had no ETag.
 */
export const ifStill = (result: unknown): Record<string, string> =>
  ifMatch(typeof result === 'object' && result !== null ? versions.get(result) : undefined)

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** Returns the body of a successful response. Throws any other response as an `ApiError`. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer.catch(reason => {
    throw reason instanceof SyntaxError ? asApiError(reason) : reason
  })
  const etag = etagOf(response)
  if (!response.ok) {
    const failure = errorOf(response.status, error, etag)
    const request = requests.get(response)
    if (request === undefined) failure.isRead = true
    else requests.set(failure, request)
    throw failure
  }
  if (etag && typeof data === 'object' && data !== null) versions.set(data, etag)
  return data as T
}

/**
 * Sends a request that needs the options of `fetch`, such as `keepalive`, or whose response is read as a stream. Throws
 * an `ApiError` if it fails.
 */
export function raw(path: string, init: RequestInit = {}): Promise<Response> {
  return withSession(async () => {
    const headers = new Headers(init.headers)
    if (csrfToken !== null && init.method && init.method !== 'GET') headers.set('X-CSRF-Token', csrfToken)
    const response = await fetch(path, { ...init, headers }).catch(reason => {
      throw asApiError(reason)
    })
    if (response.ok) return response
    throw errorOf(response.status, await response.json().catch(() => null))
  })
}

/** For a request that this module does not send, such as an upload with progress. */
export const sessionHeaders = (): Record<string, string> => (csrfToken === null ? {} : { 'X-CSRF-Token': csrfToken })

/** Returns random hex digits for an `Idempotency-Key`. `crypto.randomUUID` does not exist over plain http. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

export { ApiError }
