import { fstatSync } from 'node:fs'
import { LOG_LEVELS, type LogLevel } from './settings.ts'

/** Fields of an event. Never a secret, a key, the text of a message, or a whole phone number. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Writes events: one JSON object a line on stderr, as the daemon does. */
export interface Log {
  debug(event: string, message: string, fields?: Fields): void
  info(event: string, message: string, fields?: Fields): void
  warn(event: string, message: string, fields?: Fields): void
  error(event: string, message: string, fields?: Fields): void
}

/** A log of events of at least this level. */
export function makeLog(minLevel: LogLevel): Log {
  const prefixed = isJournal()
  const write = (level: LogLevel, event: string, message: string, fields: Fields = {}) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(minLevel)) return
    const line = JSON.stringify({ ts: new Date().toISOString(), level, event, ...fields, message })
    process.stderr.write(`${prefixed ? PRIORITIES[level] : ''}${line}\n`)
  }
  return {
    debug: (...args) => write('debug', ...args),
    info: (...args) => write('info', ...args),
    warn: (...args) => write('warn', ...args),
    error: (...args) => write('error', ...args),
  }
}

/** A phone number or a WhatsApp address as it may appear in a log: `+9725•••••12`. */
export function masked(address: string): string {
  const [user = '', server] = address.split('@')
  const digits = user.split(':')[0]?.replace(/^\+/, '') ?? ''
  const shown = digits.length > 6 ? `${digits.slice(0, 4)}•••••${digits.slice(-2)}` : '•••'
  return server === undefined || server === 's.whatsapp.net' ? `+${shown}` : `${shown}@${server}`
}

/** The error message, in one line for a log. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s+/g, ' ').slice(0, 300)
}

/** Whether stderr goes to systemd's journal (systemd.exec(5), JOURNAL_STREAM). */
function isJournal(): boolean {
  const stream = process.env.JOURNAL_STREAM
  if (!stream) return false
  const { dev, ino } = fstatSync(2)
  return stream === `${dev}:${ino}`
}

/** The journal reads the level from the beginning of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<LogLevel, string>> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' }
