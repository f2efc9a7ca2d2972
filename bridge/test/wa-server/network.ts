// The state that the parts of the server share.
import type { BinaryNode } from 'baileys'
import type { Account } from './account.ts'
import type { Connection } from './connection.ts'
import type { Journal } from './journal.ts'
import type { MediaHost } from './media-host.ts'
import type { Options } from './options.ts'
import type { User } from './user.ts'
import type { Users } from './users.ts'

export class Network {
  /** The linked device; undefined until one is paired. */
  account: Account | undefined
  live: Connection | undefined
  /** The users who have written to each group, by the group's JID. */
  readonly groups = new Map<string, Set<User>>()
  private turns: Promise<unknown> = Promise.resolve()

  constructor(
    readonly options: Options,
    readonly journal: Journal,
    readonly users: Users,
    readonly media: MediaHost,
  ) {}

  /** The connection that currently accepts messages. */
  get receiving(): Connection | undefined {
    return this.live?.active && !this.options.deaf ? this.live : undefined
  }

  /** Throws if no device is linked. */
  get device(): Account {
    if (!this.account || this.account.revoked) throw new Error('no device is linked')
    return this.account
  }

  /** Runs tasks one at a time, so that stanzas and deliveries keep their order. */
  turn<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.turns.then(work)
    this.turns = done.catch(() => {}).finally(() => this.journal.changed())
    return done
  }

  /** Does nothing if the device is not connected. */
  send(node: BinaryNode): void {
    this.live?.send(node)
  }
}
