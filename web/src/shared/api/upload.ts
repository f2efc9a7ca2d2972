import { sessionHeaders, withSession } from './client'
import { ApiError, errorOf, TIMEOUT } from './errors'

interface Upload {
  path: string
  body: Blob
  headers?: Record<string, string>
  /** Called with the sent fraction, from 0 to 1. */
  onProgress?: (part: number) => void
  signal?: AbortSignal
}

/** The time without progress, or without a response after the last byte, after which an upload fails, in ms. */
const STALLED_MS = 20_000

export const upload = <T>(file: Upload): Promise<T> => withSession(() => send<T>(file))

/** Uses XMLHttpRequest because `fetch` does not report progress. */
function send<T>({ path, body, headers = {}, onProgress, signal }: Upload): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const request = new XMLHttpRequest()
    request.open('POST', path)
    const all = { 'Content-Type': body.type || 'application/octet-stream', ...sessionHeaders(), ...headers }
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value)
    request.responseType = 'json'
    let watch: ReturnType<typeof setTimeout>
    const moves = () => {
      clearTimeout(watch)
      watch = setTimeout(() => {
        reject(new ApiError(0, { code: TIMEOUT }))
        request.abort()
      }, STALLED_MS)
    }
    moves()
    request.upload.onprogress = event => {
      moves()
      onProgress?.(event.total > 0 ? event.loaded / event.total : 0)
    }
    request.onloadend = () => clearTimeout(watch)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as T)
      else reject(errorOf(request.status, request.response))
    }
    request.onerror = () => reject(new ApiError(0, {}))
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    signal?.addEventListener('abort', () => request.abort())
    request.send(body)
  })
}
