import { Browsers, type CacheStore, makeWASocket, proto, type WASocket, type WAVersion } from 'baileys'
import { isIgnored } from '../address.ts'
import { type Log, reason } from '../log.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../settings.ts'
import type { DurableInbound } from './inbound.ts'
import { TRANSACTIONS } from './signal.ts'

export interface SocketDependencies {
  readonly settings: Settings
  readonly session: Session
  readonly inbound: DurableInbound
  readonly log: Log
  readonly version: WAVersion | undefined
  /** How long each QR code is shown, in ms; by default the library's time. */
  readonly qrMs: number | undefined
  /** Finds a sent message, to resend it to a recipient who could not decrypt it. */
  readonly sentMessage: (id: string) => Promise<proto.IMessage | undefined>
  /** How often each message was requested again, over all sockets. */
  readonly retries: CacheStore
}

/** Opens a socket of the unmodified Baileys, which connects at once. */
export function openSocket(dependencies: SocketDependencies): WASocket {
  const { settings, session, log } = dependencies
  const socket = makeWASocket({
    auth: { creds: session.creds, keys: session.keys },
    makeSignalRepository: dependencies.inbound.makeSignalRepository,
    ...(settings.webSocketUrl ? { waWebSocketUrl: settings.webSocketUrl } : {}),
    ...(dependencies.version ? { version: dependencies.version } : {}),
    // WhatsApp refuses pairing codes for other browser names.
    browser: Browsers.macOS('Chrome'),
    logger: quietLogger(log),
    ...(dependencies.qrMs ? { qrTimeout: dependencies.qrMs } : {}),
    keepAliveIntervalMs: settings.keepAliveMs,
    // An unanswered query blocks the messages to its contact for this long.
    defaultQueryTimeoutMs: QUERY_MS,
    transactionOpts: TRANSACTIONS,
    // The phone must continue to notify its owner of new messages.
    markOnlineOnConnect: false,
    syncFullHistory: settings.history === 'full',
    // From the small history syncs Baileys learns the pairs of number and LID, so they are always processed.
    shouldSyncHistoryMessage: ({ syncType }) =>
      syncType !== proto.HistorySync.HistorySyncType.FULL || settings.history === 'full',
    shouldIgnoreJid: isIgnored,
    emitOwnEvents: false,
    // Must return `undefined` for an unknown message: otherwise an empty message would be sent to the recipient.
    getMessage: key => dependencies.sentMessage(key.id ?? ''),
    msgRetryCounterCache: dependencies.retries,
  })
  dependencies.inbound.attach(socket)
  return socket
}

export type BaileysLogger = NonNullable<Parameters<typeof makeWASocket>[0]['logger']>

/**
 * Passes the warnings and errors of Baileys' log to the bridge's log at the debug level. Of an object only the message
 * of its `err` is kept, because objects contain keys and messages.
 */
export function quietLogger(log: Log): BaileysLogger {
  const writer = (level: string) => (given: unknown, text?: string) => {
    const error = typeof given === 'object' && given !== null && 'err' in given ? reason(given.err) : undefined
    const message = text ?? (typeof given === 'string' ? given : 'an event without a text')
    log.debug('WA_LIBRARY', `WhatsApp library: ${message.slice(0, 200)}`, { library_level: level, error })
  }
  const silent = () => {}
  const logger: BaileysLogger = {
    level: 'warn',
    child: () => logger,
    trace: silent,
    debug: silent,
    info: silent,
    warn: writer('warn'),
    error: writer('error'),
  }
  return logger
}

const QUERY_MS = 15_000
