import { chmod, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type AuthenticationCreds,
  initAuthCreds,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from 'baileys'
import { LogFile } from './log-file.ts'
import type { Change } from './record.ts'
import { syncFolder } from './write-log.ts'

/**
 * The session file in the bridge's folder: the link to WhatsApp (credentials, Signal keys), the entries that the daemon
 * has not acknowledged yet, the sent messages, and the records of files, placeholders and received messages.
 *
 * All of them are in one file because they change together: the step of the Signal ratchet that decrypts a message and
 * the message itself must be one commit.
 */
export class Session {
  readonly #folder: string
  #file: LogFile
  #creds: AuthenticationCreds

  private constructor(folder: string, file: LogFile, creds: AuthenticationCreds) {
    this.#folder = folder
    this.#file = file
    this.#creds = creds
  }

  /** Opens or creates the session of a folder. Throws `DamagedLog` if the file is damaged. */
  static async open(folder: string): Promise<Session> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    const file = await LogFile.open(join(folder, FILE), COLD)
    const creds = file.get(CREDS, ME) as AuthenticationCreds | undefined
    const session = new Session(folder, file, creds ?? initAuthCreds())
    try {
      if (!creds) await session.saveCreds()
      // A pairing code that was never entered leaves incomplete credentials, with which no login succeeds.
      if (creds?.me && !session.isPaired) await session.forgetLink()
    } catch (error) {
      await session.close()
      throw error
    }
    session.#passUsedPreKeys()
    return session
  }

  /** Whether a phone has linked this device. */
  get isPaired(): boolean {
    return this.#creds.account !== undefined
  }

  get creds(): AuthenticationCreds {
    return this.#creds
  }

  saveCreds(): Promise<void> {
    return this.#file.commit([[CREDS, ME, this.#creds]])
  }

  /** All changes of one `set` are one commit, including those of the bridge's own tables. */
  readonly keys: SignalKeyStore = {
    get: <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
      const found: { [id: string]: SignalDataTypeMap[T] } = {}
      for (const id of ids) {
        const value = this.#file.get(`${KEY}${type}`, id)
        if (value !== undefined) found[id] = revived(type, value) as SignalDataTypeMap[T]
      }
      return found
    },
    set: (data: SignalDataSet) => {
      const changes: Change[] = []
      for (const [type, values] of Object.entries(data)) {
        const table = OWN_TABLES.has(type) ? type : `${KEY}${type}`
        for (const [id, value] of Object.entries(values ?? {})) changes.push([table, id, value])
      }
      return this.#file.commit(changes)
    },
  }

  /**
   * Commits, and rewrites the file, so that it no longer contains deleted data. Resolves with false if the new
   * file could not be written.
   */
  commitAndRewrite(changes: readonly Change[]): Promise<boolean> {
    // With the credentials, the commit is never empty.
    return this.#file.commitAndRewrite([...changes, [CREDS, ME, this.#creds]])
  }

  get file(): LogFile {
    return this.#file
  }

  /**
   * Ends the link: archives a copy of the current file under `reason` and the time, and removes the link from the
   * session. All entries for the daemon and all sent messages are kept.
   */
  async endLink(reason: string, now: Date): Promise<void> {
    const archived = archivePath(this.#folder, reason, now)
    await copyFile(join(this.#folder, FILE), archived)
    const copy = await open(archived, 'r')
    await copy.sync().finally(() => copy.close())
    await syncFolder(this.#folder)
    await this.forgetLink()
  }

  /**
   * Deletes the archived session files, and the archived end of the session file. The bridge never reads them. The data
   * of one contact cannot be deleted from them: damaged files are unreadable, and keys name their contact too.
   */
  async deleteArchives(): Promise<void> {
    const names = (await readdir(this.#folder)).filter(name => ARCHIVE.test(name))
    for (const name of names) await rm(join(this.#folder, name), { force: true })
    if (names.length > 0) await syncFolder(this.#folder)
  }

  /** Replaces the credentials by new ones, and deletes the keys. All other tables are kept. */
  forgetLink(): Promise<void> {
    this.#creds = initAuthCreds()
    const changes: Change[] = [[CREDS, ME, this.#creds]]
    for (const table of this.#file.tables()) {
      if (!table.startsWith(KEY)) continue
      for (const [id] of this.#file.entries(table)) changes.push([table, id, null])
    }
    return this.#file.commit(changes)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /**
   * Advances the number of the next pre-key past all stored pre-keys. Baileys writes pre-keys to disk before it reports
   * the next number. After a crash in between, Baileys would use the same numbers for other keys, although senders may
   * already have the first keys.
   */
  #passUsedPreKeys(): void {
    let next = this.#creds.nextPreKeyId
    for (const [id] of this.#file.entries(`${KEY}pre-key`)) next = Math.max(next, Number(id) + 1)
    if (next === this.#creds.nextPreKeyId) return
    this.#creds.nextPreKeyId = next
    this.#creds.firstUnuploadedPreKeyId = next
  }
}

/** Archives a damaged file, so that a new session can begin. */
export async function archive(folder: string, reason: string, now: Date): Promise<void> {
  await rename(join(folder, FILE), archivePath(folder, reason, now))
  await syncFolder(folder)
}

/** The entries for the daemon. A cold table whose head is an `InboxHead`. */
export const INBOX = 'inbox'
/** The sent messages, by message id. A cold table whose head is a `SentHead`. */
export const SENT = 'sent'
/** The records of the files of messages, by the id in the URL of the file. */
export const MEDIA = 'media'
/** The messages whose content only the phone has, by message id. */
export const PLACEHOLDERS = 'placeholders'

/** The hashes of the last received messages, in the slots of a ring buffer. */
export const RECEIVED = 'received'

function archivePath(folder: string, reason: string, now: Date): string {
  return join(folder, `session.${reason}-${now.toISOString().replaceAll(':', '')}.log`)
}

function revived(type: string, value: unknown): unknown {
  // Baileys expects an object of the message type, whose absent fields have default values.
  if (type === 'app-state-sync-key') return proto.Message.AppStateSyncKeyData.fromObject(value as object)
  return value
}

const FILE = 'session.log'
/** The names of {@link archivePath}, and of the end that `LogFile.open` archives. */
const ARCHIVE = /^session\.([a-z_-]+-\d{4}-\d\d-\d\dT[\d.]+Z\.log|log\.cut-off)$/
const CREDS = 'creds'
const ME = 'me'
const KEY = 'key:'
const COLD = [INBOX, SENT]
const OWN_TABLES: ReadonlySet<string> = new Set([INBOX, SENT, MEDIA, PLACEHOLDERS, RECEIVED])
