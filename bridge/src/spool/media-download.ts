import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadContentFromMessage, type MediaType } from 'baileys'
import type { MediaContent } from '../whatsapp/message-content.ts'

/** The file is never downloaded: it is too large, or its address is not on WhatsApp's servers. */
export class MediaGone extends Error {}

/** A file to download. */
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
    const source = sourceOf(message, mayUseLoopback)
    const stream = await downloadContentFromMessage(
      { mediaKey: message.mediaKey, ...source } as Parameters<typeof downloadContentFromMessage>[0],
      type as MediaType,
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
    throw error
  }
}

/**
 * Returns the address to download from. Hosts other than WhatsApp's are not allowed (except a test server on this
 * machine), because the sender of a message chooses its `url` (SSRF).
 */
function sourceOf(
  { url, directPath }: MediaContent['message'],
  mayUseLoopback: boolean,
): { url?: string; directPath?: string } {
  const host = url && URL.canParse(url) ? new URL(url) : undefined
  const isTestServer = mayUseLoopback && host?.hostname === '127.0.0.1'
  if (url && (isTestServer || (host?.protocol === 'https:' && host.hostname.endsWith('.whatsapp.net')))) {
    return { url, ...(directPath ? { directPath } : {}) }
  }
  if (directPath?.startsWith('/')) return { directPath }
  throw new MediaGone("the file's address is not on WhatsApp's servers")
}

const DOWNLOAD_MS = 10 * 60_000
