import type { components } from './schema'

type Detail = components['schemas']['ErrorDetail']

/** Codes that the page makes itself: no answer arrived, none in time, or one that is not of the daemon. */
export const OFFLINE = 'offline'
export const TIMEOUT = 'timeout'
const BAD_ANSWER = 'bad_answer'
const GATEWAY = 'gateway'

/** Every code of the API document, and the page's own ones. */
export type ErrorCode = Detail['code'] | typeof OFFLINE | typeof BAD_ANSWER | typeof GATEWAY

/** The code of an answer whose body is not the daemon's, such as one of a proxy on the way. */
const CODES: Record<number, ErrorCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  408: TIMEOUT,
  413: 'too_large',
  429: 'too_many_requests',
  500: 'internal',
  502: GATEWAY,
  503: GATEWAY,
  504: GATEWAY,
}

/** A request that failed: the daemon's answer, or `offline` where there was none. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  readonly params: Record<string, string>
  /** With code `changed`: the item as it is now. */
  readonly current: unknown
  /** With code `changed`: the version of that item; none where the answer has several. */
  readonly etag: string | undefined

  constructor(
    status: number,
    detail: Partial<Omit<Detail, 'code'>> & { code?: string },
    current?: unknown,
    etag?: string,
  ) {
    super(detail.message ?? `HTTP ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.code = detail.code ?? CODES[status] ?? (status === 0 ? OFFLINE : `http_${status}`)
    this.field = detail.field ?? undefined
    this.params = detail.params ?? {}
    this.current = current
    this.etag = etag
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** Any thrown value as an `ApiError`. */
export function asApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) return reason
  // A body that is cut off, or the page of another server.
  if (reason instanceof SyntaxError) return new ApiError(0, { code: BAD_ANSWER, message: reason.message })
  return new ApiError(0, { code: OFFLINE, message: reason instanceof Error ? reason.message : String(reason) })
}

/** The error that an answer's body describes; a body that is not ours gives only the status. */
export function errorOf(status: number, body: unknown, etag?: string | null): ApiError {
  if (body !== null && typeof body === 'object' && 'error' in body) {
    const { error, current } = body as { error: Partial<Detail>; current?: unknown }
    if (error && typeof error === 'object') return new ApiError(status, error, current, etag ?? undefined)
  }
  return new ApiError(status, {})
}
