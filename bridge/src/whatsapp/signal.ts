import { AsyncLocalStorage } from 'node:async_hooks'
import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  jidDecode,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
  type SocketConfig,
} from 'baileys'
import { trySessionsOnCopies } from './session-trials.ts'

trySessionsOnCopies()

type Make = SocketConfig['makeSignalRepository']

/**
 * A key store with transactions; one for all sockets of a session, so that the unfinished work of an old socket and
 * the work of a new one wait for each other.
 */
export function withTransactions(store: SignalKeyStore, logger: Parameters<Make>[1]): SignalKeyStoreWithTransaction {
  return addTransactionCapability(store, logger, TRANSACTIONS)
}

/** The Signal part of Baileys, and what is needed to do more within one transaction. */
export interface Signal {
  readonly repository: SignalRepositoryWithLIDStore
  /** The lock key of the sessions with a contact, for every address and every device. */
  lockOf(jid: string): Promise<string>
}

/**
 * Creates Baileys' Signal part with our own transactions.
 *
 * Baileys sends a message within a transaction, which is written to disk after WhatsApp has the message: a kill in
 * between would lose a step of the ratchet, or a whole new session. It also locks a session by the given address,
 * of which one session has several (by number or LID, with and without the first device's number): a message received
 * during a send would be undone. The code that decrypts takes the lock itself, to do more under it.
 */
export function makeSignal(
  keys: SignalKeyStoreWithTransaction,
  auth: Parameters<Make>[0],
  logger: Parameters<Make>[1],
  lookUp: Parameters<Make>[2],
): Signal {
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: auth.creds, keys }, logger, lookUp)
  const lockOf = async (jid: string) => {
    const { user = jid, server } = jidDecode(jid) ?? {}
    if (server !== 's.whatsapp.net') return user
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
 * While this is true, existing sessions are kept. Baileys replaces each session of a contact when it requests the
 * contact's devices, as it does after every start; messages in transit from them then cannot be decrypted.
 */
export const keepingSessions = new AsyncLocalStorage<boolean>()

/** A failed write is not retried: memory may be ahead of the file, so both are re-created. */
export const TRANSACTIONS = { maxCommitRetries: 1, delayBetweenTriesMs: 0 } as const
