import { Browsers, type CacheStore, makeWASocket, proto, type WASocket, type WAVersion } from 'baileys'
import { type Log, reason } from '../log.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../settings.ts'
import { isLeftOut } from './address.ts'
import type { DurableInbound } from './inbound.ts'
import { TRANSACTIONS } from './signal.ts'

/** The options of a new socket. */
export interface SocketParts {
  readonly settings: Settings
  readonly session: Session
  readonly inbound: DurableInbound
  readonly log: Log
  readonly version: WAVersion | undefined
  /** How long each QR code is shown; by default as long as the library does. */
  readonly qrMs: number | undefined
  /** Finds a sent message, for a recipient who could not decrypt it. */
  readonly sentMessage: (id: string) => Promise<proto.IMessage | undefined>
  /** How often the same message was requested again, over all sockets. */
  readonly retries: CacheStore
}

/** A socket of an unchanged Baileys, which starts to connect at once. */
export function openSocket(parts: SocketParts): WASocket {
  const { settings, session, log } = parts
  const socket = makeWASocket({
    auth: { creds: session.creds, keys: session.keys },
    makeSignalRepository: parts.inbound.makeSignalRepository,
    ...(settings.webSocketUrl ? { waWebSocketUrl: settings.webSocketUrl } : {}),
    ...(parts.version ? { version: parts.version } : {}),
    // With another name WhatsApp refuses pairing codes.
    browser: Browsers.macOS('Chrome'),
    logger: quietLogger(log),
    ...(parts.qrMs ? { qrTimeout: parts.qrMs } : {}),
    keepAliveIntervalMs: settings.keepAliveMs,
    // An unanswered query blocks messages to its contact for this long.
    defaultQueryTimeoutMs: QUERY_MS,
    transactionOpts: TRANSACTIONS,
    // The phone continues to notify its owner of new messages.
    markOnlineOnConnect: false,
    syncFullHistory: settings.history === 'full',
    // Without the small kinds Baileys learns too few pairs of number and LID.
    shouldSyncHistoryMessage: ({ syncType }) =>
      syncType !== proto.HistorySync.HistorySyncType.FULL || settings.history === 'full',
    shouldIgnoreJid: isLeftOut,
    emitOwnEvents: false,
    // A miss must be `undefined`: an empty message would be sent to the recipient.
    getMessage: key => parts.sentMessage(key.id ?? ''),
    msgRetryCounterCache: parts.retries,
  })
  parts.inbound.attach(socket)
  return socket
}

export type BaileysLogger = NonNullable<Parameters<typeof makeWASocket>[0]['logger']>

/** Baileys' own log, for debug logging; its objects are omitted, because they contain keys and messages. */
export function quietLogger(log: Log): BaileysLogger {
  const writer = (level: string) => (given: unknown, text?: string) => {
    const error = typeof given === 'object' && given !== null && 'err' in given ? reason(given.err) : undefined
    const message = text ?? (typeof given === 'string' ? given : 'an event without a text')
    log.debug('WA_LIBRARY', message.slice(0, 200), { library_level: level, error })
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

/** The time limit of a query to WhatsApp. */
const QUERY_MS = 15_000
