import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { isAbsolute, join } from 'node:path'

/** The settings from the environment. The comment of each field names its variable. */
export interface Settings {
  /** `PORT`, else `WA_BAILEYS_PORT`, else 8000. 0 selects a free port. */
  readonly port: number
  /** `WA_BRIDGE_LISTEN`: the address to listen on; 127.0.0.1 by default. */
  readonly address: string
  /**
   * The required value of `X-BAILEYS-SECRET`, and the key of `X-BAILEYS-AUTH`: `BAILEYS_WEBHOOK_SECRET`, else
   * `WA_SHARED_SECRET`. Without a value, every request except `GET /health` is refused.
   */
  readonly token: string | undefined
  /** The key of `X-BAILEYS-SIGNATURE` and of the daemon's proof: `WA_SHARED_SECRET`, else `BAILEYS_WEBHOOK_SECRET`. */
  readonly signingKey: string | undefined
  /** `WA_BRIDGE_SOCKET`: a Unix socket to listen on beside the port. */
  readonly socket: string | undefined
  /** `BAILEYS_WEBHOOK_TARGET`: the daemon's address for events. */
  readonly target: URL
  /** `WA_DAEMON_SOCKET`: the Unix socket of the daemon, if `BAILEYS_WEBHOOK_TARGET` is not set. */
  readonly targetSocket: string | undefined
  /**
   * `WA_DAEMON_CHALLENGE`: whether the daemon must prove that it has the secret before the bridge sends events to it
   * over unencrypted HTTP on a port: `auto` (if the daemon supports the proof), `required`, or `off`.
   */
  readonly daemonChallenge: DaemonChallenge
  /**
   * `WA_SESSION_DIR`: the folder of the session; by default `session` below `STATE_DIRECTORY` in a service, else
   * `./data/whatsapp`.
   */
  readonly sessionFolder: string
  /** `WA_WEB_SOCKET_URL`: the URL of another WhatsApp server, which must be on loopback (for tests). */
  readonly webSocketUrl: string | undefined
  /**
   * `WA_VERSION`: the version of WhatsApp Web to report, for example `2.3000.1043857760`; by default the library's
   * version.
   */
  readonly version: readonly [number, number, number] | undefined
  /** `WA_HISTORY`: how much of the history from before pairing is delivered: `none`, `recent` or `full`. */
  readonly history: History
  /** `WA_PACING`: whether a typing indicator is shown before a text is sent; `off` sends at once. */
  readonly pacing: boolean
  /** `WA_MAX_MEDIA_BYTES`: larger files are neither downloaded nor sent. */
  readonly maxMediaBytes: number
  /** `WA_MEDIA_SPOOL_BYTES`: space for files that the daemon has not fetched yet; the oldest are evicted first. */
  readonly mediaSpoolBytes: number
  /**
   * `WA_KEEP_ALIVE_SECONDS`: the keep-alive interval; the link counts as dead if nothing arrives for this interval plus
   * 10 seconds.
   */
  readonly keepAliveMs: number
  /**
   * `WA_LINK_CHECK_SECONDS`: the interval of the link check, which sends a message to our own phone to verify that the
   * link works in both directions.
   */
  readonly linkCheckMs: number
  /** `WA_QR_SECONDS`: how long each QR code is shown; by default 60 s for the first one and 20 s for the others. */
  readonly qrMs: number | undefined
  /** `WA_CODE_SECONDS`: how long a pairing code is valid; then a new one replaces it, five in total. */
  readonly codeMs: number
  /** `WA_LOG_LEVEL`: `debug`, `info`, `warn` or `error`. */
  readonly logLevel: LogLevel
  /** `PUBLIC_URL`: accepted and only logged. */
  readonly publicUrl: string | undefined
  /**
   * `WATCHDOG_USEC`, which systemd sets: the interval of the watchdog notifications, a third of systemd's timeout.
   */
  readonly watchdogMs: number | undefined
}

export const CHALLENGES = ['auto', 'required', 'off'] as const
export type DaemonChallenge = (typeof CHALLENGES)[number]
export const HISTORIES = ['none', 'recent', 'full'] as const
export type History = (typeof HISTORIES)[number]
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** An invalid setting. The message names the variable and the reason. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads and validates all settings. Throws {@link SettingError} at the first invalid one. */
export function readSettings(environment: Environment): Settings {
  const text = (name: string) => environment[name]?.trim() || undefined
  const shared = secret(environment, 'WA_SHARED_SECRET')
  const webhook = secret(environment, 'BAILEYS_WEBHOOK_SECRET')
  const portName = text('PORT') ? 'PORT' : 'WA_BAILEYS_PORT'
  const address = text('WA_BRIDGE_LISTEN') ?? '127.0.0.1'
  if (!isIP(address)) throw settingError('WA_BRIDGE_LISTEN', address, 'an IP address, such as 127.0.0.1 or ::1')
  return {
    port: integer(portName, text(portName), 8000, 0, 65535),
    address,
    token: webhook ?? shared,
    signingKey: shared ?? webhook,
    socket: path('WA_BRIDGE_SOCKET', text('WA_BRIDGE_SOCKET')),
    target: target(text('BAILEYS_WEBHOOK_TARGET') ?? 'http://127.0.0.1:8080/webhook/whatsapp/baileys'),
    targetSocket: text('BAILEYS_WEBHOOK_TARGET') ? undefined : path('WA_DAEMON_SOCKET', text('WA_DAEMON_SOCKET')),
    daemonChallenge: choice('WA_DAEMON_CHALLENGE', text('WA_DAEMON_CHALLENGE') ?? 'auto', CHALLENGES),
    sessionFolder: text('WA_SESSION_DIR') ?? defaultFolder(environment),
    webSocketUrl: testServer(text('WA_WEB_SOCKET_URL')),
    version: version(text('WA_VERSION')),
    history: choice('WA_HISTORY', text('WA_HISTORY') ?? 'none', HISTORIES),
    pacing: choice('WA_PACING', text('WA_PACING')?.toLowerCase() ?? 'on', [...ON, ...OFF]) in PACING_ON,
    maxMediaBytes: integer('WA_MAX_MEDIA_BYTES', text('WA_MAX_MEDIA_BYTES'), 16 << 20, 1024, 2 ** 31),
    mediaSpoolBytes: integer('WA_MEDIA_SPOOL_BYTES', text('WA_MEDIA_SPOOL_BYTES'), 2 ** 30, 1024, 2 ** 50),
    keepAliveMs: 1000 * integer('WA_KEEP_ALIVE_SECONDS', text('WA_KEEP_ALIVE_SECONDS'), 20, 1, 60),
    linkCheckMs: 1000 * integer('WA_LINK_CHECK_SECONDS', text('WA_LINK_CHECK_SECONDS'), 3600, 1, 24 * 3600),
    qrMs: text('WA_QR_SECONDS') ? 1000 * integer('WA_QR_SECONDS', text('WA_QR_SECONDS'), 60, 1, 300) : undefined,
    codeMs: 1000 * integer('WA_CODE_SECONDS', text('WA_CODE_SECONDS'), 180, 1, 600),
    logLevel: choice('WA_LOG_LEVEL', text('WA_LOG_LEVEL') ?? 'info', LOG_LEVELS),
    publicUrl: text('PUBLIC_URL'),
    watchdogMs: watchdogInterval(environment),
  }
}

const ON = ['on', 'true', 'yes', '1'] as const
const OFF = ['off', 'false', 'no', '0'] as const
const PACING_ON: Record<string, true> = Object.fromEntries(ON.map(on => [on, true]))

/**
 * Reads a secret from the first source that is set: the variable itself, the file that `<NAME>_FILE` names, or
 * systemd's credential of that name (also in lower case with hyphens). Returns `undefined` if there is none. Throws
 * {@link SettingError} if the named file is empty or cannot be read.
 */
function secret(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim()
  if (value) return value
  const path = environment[`${name}_FILE`]?.trim()
  if (path) return fileText(`${name}_FILE`, path)
  const credentials = environment.CREDENTIALS_DIRECTORY
  if (!credentials) return undefined
  for (const file of [name, name.toLowerCase().replace(/_/g, '-')]) {
    try {
      return readFileSync(join(credentials, file), 'utf8').trim() || undefined
    } catch {
      // systemd has passed no credential of that name, or it cannot be read.
    }
  }
  return undefined
}

function fileText(name: string, path: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text) return text
  } catch (error) {
    throw new SettingError(`${name}: ${path} cannot be read (${(error as Error).message})`)
  }
  throw new SettingError(`${name}: ${path} is empty`)
}

function target(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const good = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !good || url.username !== '') {
    // The error is printed to stderr, so it does not repeat a URL that may contain credentials.
    const isSafe = url?.protocol.startsWith('http') === true && url.username === ''
    const shown = isSafe ? text : 'a text that may contain a password'
    throw settingError('BAILEYS_WEBHOOK_TARGET', shown, 'an https URL without a user, or an http one on loopback')
  }
  return url
}

function path(name: string, text: string | undefined): string | undefined {
  if (text !== undefined && !isAbsolute(text)) throw settingError(name, text, 'the absolute path of a socket')
  return text
}

function testServer(text: string | undefined): string | undefined {
  if (!text) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'ws:' || !isLoopback(url.hostname)) {
    throw settingError('WA_WEB_SOCKET_URL', text, 'a ws:// URL on loopback (it is for tests only)')
  }
  return text
}

/** Returns whether a URL's host name always means this machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
}

function version(text: string | undefined): readonly [number, number, number] | undefined {
  if (!text) return undefined
  const parts = /^(\d{1,9})\.(\d{1,9})\.(\d{1,12})$/.exec(text)
  if (!parts) throw settingError('WA_VERSION', text, 'three numbers, such as 2.3000.1043857760')
  return [Number(parts[1]), Number(parts[2]), Number(parts[3])]
}

function integer(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw settingError(name, text, `a whole number from ${min} to ${max}`)
  return value
}

function choice<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find(one => one === text)
  if (found === undefined) throw settingError(name, text, `one of ${allowed.join(', ')}`)
  return found
}

/** `undefined` if systemd has no watchdog for this process. */
function watchdogInterval({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | undefined {
  const interval = Math.floor(Number(WATCHDOG_USEC) / 3000)
  const isMeant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  return interval > 0 && isMeant ? interval : undefined
}

function defaultFolder(environment: Environment): string {
  const state = environment.STATE_DIRECTORY?.split(':')[0]
  return state ? join(state, 'session') : join('data', 'whatsapp')
}

function settingError(name: string, found: string, allowed: string): SettingError {
  return new SettingError(`${name} is "${found}"; allowed is ${allowed}`)
}
