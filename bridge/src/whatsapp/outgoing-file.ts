import { randomUUID } from 'node:crypto'
import { lookup } from 'node:dns'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { basename, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface OutgoingFile {
  readonly path: string
  readonly mime: string | undefined
  readonly name: string | undefined
  /** Deletes the file, if it exists only for this message. */
  release(): Promise<void>
}

/** The file cannot be sent. The error's message gives the client the reason. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused'
}

/** The address of the daemon, which serves its own files. */
export interface FileServer {
  readonly target: URL
  readonly targetSocket: string | undefined
}

/** Returns whether an address is a file of the daemon: a path below `/static/media/`, without a host. */
export function isDaemonFile(address: string): boolean {
  return address.startsWith(DAEMON_FILES)
}

/** Fetches a file of the daemon into `folder`. Throws {@link FileRefused}, or another error if a retry may succeed. */
export async function fetchDaemonFile(
  address: string,
  daemon: FileServer,
  folder: string,
  maxBytes: number,
): Promise<OutgoingFile> {
  const signal = AbortSignal.timeout(WHOLE_MS)
  const url = new URL(address, daemon.target.origin)
  // Checks the normalised path again: `/static/media/../../api` is not a file of the daemon.
  if (!isDaemonFile(url.pathname)) throw new FileRefused("the path is not one of the daemon's files")
  const response = await requestDaemon(url, daemon.targetSocket, signal)
  if (response.statusCode !== 200) {
    response.destroy()
    throw errorOf(response.statusCode ?? 0)
  }
  return store(response, nameIn(response.headers['content-disposition']), folder, maxBytes, signal)
}

/** Returns the file name that a `Content-Disposition` header gives in the encoding of RFC 8187; else `undefined`. */
function nameIn(disposition: string | undefined): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1]
  return encoded === undefined ? undefined : basename(decodeURIComponentOr(encoded)) || undefined
}

function requestDaemon(url: URL, socketPath: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const route = socketPath === undefined ? {} : { socketPath }
  const get = url.protocol === 'https:' ? https.get : http.get
  return new Promise((resolve, reject) => {
    const sending = get(url, { ...route, timeout: SILENCE_MS, signal }, resolve)
    sending.on('timeout', () => sending.destroy(new Error(`the daemon sent nothing for ${SILENCE_MS / 1000} s`)))
    sending.on('error', reject)
  })
}

async function store(
  response: IncomingMessage,
  name: string | undefined,
  folder: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<OutgoingFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomUUID())
  try {
    await pipeline(response, sizeLimit(maxBytes), createWriteStream(path, { mode: 0o600 }), { signal })
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  const mime = response.headers['content-type']?.split(';')[0]?.trim()
  return { path, mime, name, release: () => rm(path, { force: true }) }
}

/**
 * Fetches a file from the internet into `folder`. Allows only https, and no private address (see {@link isPrivate}),
 * checked for each redirect: a client must not reach internal hosts through the bridge (SSRF). Throws {@link
 * FileRefused}, or another error if a retry may succeed.
 */
export async function fetchFile(address: string, folder: string, maxBytes: number): Promise<OutgoingFile> {
  const signal = AbortSignal.timeout(WHOLE_MS)
  let url = parse(address)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(url, signal)
    const { statusCode = 0, headers } = response
    if (statusCode >= 300 && statusCode < 400 && headers.location) {
      response.destroy()
      url = parse(new URL(headers.location, url).href)
      continue
    }
    if (statusCode !== 200) {
      response.destroy()
      throw errorOf(statusCode)
    }
    return store(response, decodeURIComponentOr(basename(url.pathname)) || undefined, folder, maxBytes, signal)
  }
  throw new FileRefused(`the file's address redirects more than ${MAX_REDIRECTS} times`)
}

function parse(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'https:') throw new FileRefused('only https addresses of files are fetched')
  if (url.username !== '') throw new FileRefused("the file's address must not hold a password")
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && isPrivate(host)) throw new FileRefused(PRIVATE)
  return url
}

function request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sending = https.get(
      url,
      { lookup: publicLookup, timeout: SILENCE_MS, signal, headers: { accept: '*/*' } },
      resolve,
    )
    sending.on('timeout', () => sending.destroy(new Error(`the file's server sent nothing for ${SILENCE_MS / 1000} s`)))
    sending.on('error', reject)
  })
}

/**
 * Resolves a host name, and refuses it if any of its addresses is not public. The connection uses exactly the checked
 * addresses, so that a second DNS answer cannot replace them.
 */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error) callback(error, '', 0)
    else if (addresses.some(({ address }) => isPrivate(address))) callback(new FileRefused(PRIVATE), '', 0)
    else if (options.all) (callback as (e: null, all: typeof addresses) => void)(null, addresses)
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4)
  })
}

/** Returns whether an address is not public on the internet (RFC 6890), such as loopback or a private network. */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return isPrivate(mapped)
  return isIP(address) === 6 ? NOT_PUBLIC_6.check(address, 'ipv6') : NOT_PUBLIC_4.check(address, 'ipv4')
}

// Two lists: a single list would match every IPv4 address by its IPv4-mapped IPv6 form.
const NOT_PUBLIC_4 = new BlockList()
const NOT_PUBLIC_6 = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  NOT_PUBLIC_4.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 8],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  NOT_PUBLIC_6.addSubnet(network, prefix, 'ipv6')
}

function sizeLimit(maxBytes: number): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length
      if (seen > maxBytes) done(new FileRefused(`the file is larger than ${maxBytes} bytes`))
      else done(null, chunk)
    },
  })
}

function errorOf(status: number): Error {
  const text = `the file's server answered ${status}`
  return status >= 500 || status === 429 || status === 408 ? new Error(text) : new FileRefused(text)
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const MAX_REDIRECTS = 5
const DAEMON_FILES = '/static/media/'
const SILENCE_MS = 15_000
const WHOLE_MS = 120_000
const PRIVATE = "the file's address is not on the public internet"
