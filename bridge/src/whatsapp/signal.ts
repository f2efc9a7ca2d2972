import { AsyncLocalStorage } from 'node:async_hooks'
import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
  type SocketConfig,
} from 'baileys'
import { addressOf } from '../address.ts'
import { trySessionsOnCopies } from './session-trials.ts'

trySessionsOnCopies()

type Make = SocketConfig['makeSignalRepository']

/**
 * Adds transactions to a key store. All sockets of a session must share the result, so that the unfinished work of an
 * old socket and the work of a new one exclude each other.
 */
export function withTransactions(store: SignalKeyStore, logger: Parameters<Make>[1]): SignalKeyStoreWithTransaction {
  return addTransactionCapability(store, logger, TRANSACTIONS)
}

/** Baileys' Signal repository, and the lock that lets a caller do more work within one transaction. */
export interface Signal {
  readonly repository: SignalRepositoryWithLIDStore
  /** Returns the lock key for all sessions with a contact, whatever the address or the device. */
  lockOf(jid: string): Promise<string>
}

/**
 * Creates Baileys' Signal repository with the bridge's own transactions, which fix two problems of Baileys.
 *
 * Baileys sends a message within a transaction that is written to disk only after WhatsApp has the message: a kill in
 * between would lose a ratchet step or a whole new session. Baileys also locks a session by the given address, but one
 * session has several addresses (number or LID, with or without the first device's number). A send and a receive at the
 * same time would therefore overwrite each other's state. The code that decrypts takes the lock itself, to do more work
 * within the transaction.
 */
export function makeSignal(
  keys: SignalKeyStoreWithTransaction,
  auth: Parameters<Make>[0],
  logger: Parameters<Make>[1],
  lookUp: Parameters<Make>[2],
): Signal {
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: auth.creds, keys }, logger, lookUp)
  const lockOf = async (jid: string) => {
    const { user = jid, kind } = addressOf(jid) ?? {}
    if (kind !== 'phone') return user
    const { [user]: lid } = await keys.get('lid-mapping', [user])
    return lid ?? user
  }
  const locked = async <T>(jid: string, work: () => Promise<T>) => keys.transaction(work, await lockOf(jid))
  const { encryptMessage, injectE2ESession, migrateSession, deleteSession } = repository
  Object.assign(repository, {
    encryptMessage: args => locked(args.jid, () => encryptMessage(args)),
    injectE2ESession: args =>
      locked(args.jid, async () => {
        const { exists } = keepingSessions.getStore() ? await repository.validateSession(args.jid) : { exists: false }
        if (!exists) await injectE2ESession(args)
      }),
    migrateSession: (from, to) => locked(to, () => migrateSession(from, to)),
    deleteSession: async jids => {
      for (const jid of jids) await locked(jid, () => deleteSession([jid]))
    },
  } satisfies Partial<SignalRepositoryWithLIDStore>)
  return { repository, lockOf }
}

/**
 * While the value is `true`, existing sessions are kept. By itself Baileys replaces each session of a contact when it
 * requests the contact's devices, as it does after every start. Messages in transit could then not be decrypted.
 */
export const keepingSessions = new AsyncLocalStorage<boolean>()

/** A failed write is not retried: memory may be ahead of the file, so the session is closed and read again. */
export const TRANSACTIONS = { maxCommitRetries: 1, delayBetweenTriesMs: 0 } as const
