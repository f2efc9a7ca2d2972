import { fstatSync } from 'node:fs'
import { LOG_LEVELS, type LogLevel } from './settings.ts'

/**
 * The fields of a log event. They must not contain a secret, a key, the text of a message, or a complete phone number.
 */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Writes log events to stderr, one JSON object per line. */
export interface Log {
  debug(event: string, message: string, fields?: Fields): void
  info(event: string, message: string, fields?: Fields): void
  warn(event: string, message: string, fields?: Fields): void
  error(event: string, message: string, fields?: Fields): void
}

/** Creates a log that drops the events below `minLevel`. */
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

/** Returns the error's message on one line, at most 300 characters. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s+/g, ' ').slice(0, 300)
}

/** Whether stderr is connected to the systemd journal (systemd.exec(5), JOURNAL_STREAM). */
function isJournal(): boolean {
  const stream = process.env.JOURNAL_STREAM
  if (!stream) return false
  const { dev, ino } = fstatSync(2)
  return stream === `${dev}:${ino}`
}

/** The prefixes from which the journal reads the level of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<LogLevel, string>> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' }
