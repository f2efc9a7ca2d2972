import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadContentFromMessage, getUrlFromDirectPath, type MediaType } from 'baileys'
import type { MediaContent } from '../whatsapp/message-content.ts'

/** The file is never downloaded: it is too large, or its address is not on WhatsApp's servers. */
export class MediaGone extends Error {}

export interface Download {
  readonly content: Pick<MediaContent, 'type' | 'message'>
  /** The path at which the complete file appears, once it is verified. */
  readonly path: string
  readonly maxBytes: number
  /** Whether the file may come from a test server on this machine. */
  readonly mayUseLoopback: boolean
}

/**
 * Downloads a file from WhatsApp, decrypts it, and verifies the hash if its message contains one. Returns the size in
 * bytes. Throws {@link MediaGone}, or another error if a retry may succeed.
 */
export async function downloadMedia({ content, path, maxBytes, mayUseLoopback }: Download): Promise<number> {
  const { type, message } = content
  const part = `${path}.${randomBytes(4).toString('hex')}.part`
  const hash = createHash('sha256')
  let bytes = 0
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      hash.update(chunk)
      done(bytes > maxBytes ? new MediaGone('the file is too large') : null, chunk)
    },
  })
  try {
    const url = urlOf(message, mayUseLoopback)
    const stream = await downloadContentFromMessage(
      { mediaKey: message.mediaKey, url } as Parameters<typeof downloadContentFromMessage>[0],
      type as MediaType,
      { options: { dispatcher: dispatcherToAllowed(mayUseLoopback) } },
    )
    await pipeline(stream, check, createWriteStream(part, { mode: 0o600 }), {
      signal: AbortSignal.timeout(DOWNLOAD_MS),
    })
    const expected = message.fileSha256 && Buffer.from(message.fileSha256)
    if (expected?.length && !hash.digest().equals(expected)) {
      throw new Error('the downloaded file does not match the hash in its message')
    }
    await rename(part, path)
    return bytes
  } catch (error) {
    await rm(part, { force: true })
    // `fetch` wraps the errors of its dispatcher.
    throw error instanceof Error && error.cause instanceof MediaGone ? error.cause : error
  }
}

/**
 * Returns the URL to download from. The sender of a message chooses its `url` and its `directPath`, so the complete URL
 * must be allowed (SSRF).
 */
function urlOf({ url, directPath }: MediaContent['message'], mayUseLoopback: boolean): string {
  const host = url && isAllowed(url, mayUseLoopback) ? new URL(url).host : undefined
  const whole = directPath ? getUrlFromDirectPath(directPath, host) : url
  if (!whole || !isAllowed(whole, mayUseLoopback)) throw new MediaGone(NOT_WHATSAPP)
  return whole
}

/** Returns a dispatcher that checks each request, because Baileys lets `fetch` follow redirects to any host. */
function dispatcherToAllowed(mayUseLoopback: boolean): Dispatcher {
  const dispatch: Dispatcher['dispatch'] = (options, handler) => {
    if (!isAllowed(String(options.origin), mayUseLoopback)) throw new MediaGone(NOT_WHATSAPP)
    // Node's own dispatcher, which is set by the time of the first request.
    const { [Symbol.for('undici.globalDispatcher.1')]: own } = globalThis as unknown as Record<symbol, Dispatcher>
    return (own as Dispatcher).dispatch(options, handler)
  }
  return { dispatch } as Dispatcher
}

function isAllowed(url: string, mayUseLoopback: boolean): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  if (mayUseLoopback && hostname === '127.0.0.1') return true
  return protocol === 'https:' && hostname.endsWith('.whatsapp.net')
}

type Dispatcher = NonNullable<RequestInit['dispatcher']>

const NOT_WHATSAPP = "the file's address is not on WhatsApp's servers"
const DOWNLOAD_MS = 10 * 60_000
