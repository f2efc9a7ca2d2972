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
 * A key store with transactions; one for all sockets of a session, so that what an old one is still at and what a new one
 * begins wait for one another.
 */
export function withTransactions(store: SignalKeyStore, logger: Parameters<Make>[1]): SignalKeyStoreWithTransaction {
  return addTransactionCapability(store, logger, TRANSACTIONS)
}

/** The Signal part of Baileys, and what it needs for more to be done in one step with it. */
export interface Signal {
  readonly repository: SignalRepositoryWithLIDStore
  /** What the sessions with a person, under whatever address and on whatever device, are locked by. */
  lockOf(jid: string): Promise<string>
}

/**
 * Makes Baileys' Signal part with transactions of its own.
 *
 * Baileys sends a message within a transaction, which comes to the disk after WhatsApp has seen the message: a kill in
 * between would forget a step of the ratchet, or a whole new session. And it locks a session by the address as it is given,
 * of which one session has several (by number or LID, with and without the first device's number): what is received while
 * something is sent would be undone. Whoever decrypts takes the lock himself, to do more under it.
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
 * While this is true, sessions that there are stay as they are. Baileys puts a new one in the place of each person's when it
 * asks for somebody's devices, as it does after every start; what is on its way from them then cannot be read.
 */
export const keepingSessions = new AsyncLocalStorage<boolean>()

/** A write that failed is not tried again: what is in memory may be ahead of the file, so both are begun anew. */
export const TRANSACTIONS = { maxCommitRetries: 1, delayBetweenTriesMs: 0 } as const
