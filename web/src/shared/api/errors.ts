import type { components } from './schema'

type Detail = components['schemas']['ErrorDetail']

/**
 * Codes that the page itself creates: no response arrived, none arrived in time (also a code of the daemon), the
 * response is incomplete or not JSON, or a proxy answered instead of the daemon.
 */
export const OFFLINE = 'offline'
export const TIMEOUT = 'timeout'
const BAD_ANSWER = 'bad_answer'
const GATEWAY = 'gateway'

/** Every code of the API document, and the page's own codes. */
export type ErrorCode = Detail['code'] | typeof OFFLINE | typeof BAD_ANSWER | typeof GATEWAY

/** Codes for responses whose body is not from the daemon, such as a proxy's error page. */
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

/** A failed request: the daemon's error response, or one of the page's own codes. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  readonly params: Record<string, string>
  /** For the code `changed`: the current item. */
  readonly current: unknown
  /** For the code `changed`: the ETag of the current item; undefined if the response contains several items. */
  readonly etag: string | undefined
  /** Whether the request only reads, so that nothing was to be stored. */
  isRead = false

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

  /** Whether the same request may succeed later. A function that is not implemented (501) stays unavailable. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || (this.status >= 500 && this.status !== 501)
  }

  /** Whether no response of the daemon arrived, so that the request may succeed once the connection is back. */
  get isOutage(): boolean {
    return [OFFLINE, TIMEOUT, GATEWAY].includes(this.code)
  }

  /** Whether the response was lost, so that the daemon may have done what the request asked for. */
  get mayBeDone(): boolean {
    return !this.isRead && (this.isOutage || this.code === BAD_ANSWER)
  }
}

export function asApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) return reason
  // The body is truncated, or is a page of another server.
  if (reason instanceof SyntaxError) return new ApiError(0, { code: BAD_ANSWER, message: reason.message })
  return new ApiError(0, { code: OFFLINE, message: reason instanceof Error ? reason.message : String(reason) })
}

/**
 * Returns the error that a response body describes. A body that is not the daemon's gives an error with the status
 * only.
 */
export function errorOf(status: number, body: unknown, etag?: string | null): ApiError {
  if (body !== null && typeof body === 'object' && 'error' in body) {
    const { error, current } = body as { error: Partial<Detail>; current?: unknown }
    if (error && typeof error === 'object') return new ApiError(status, error, current, etag ?? undefined)
  }
  return new ApiError(status, {})
}
