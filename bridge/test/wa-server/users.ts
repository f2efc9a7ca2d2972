// The users on the simulated WhatsApp. A user is created when a test first mentions them.
import { Curve, jidDecode, type KeyPair } from 'baileys'
import type { Options } from './options.ts'
import { digitsOf } from './stanza.ts'
import { User } from './user.ts'

export class Users {
  /** The key of the business's own phone, which signs the keys of linked devices. */
  readonly accountKey: KeyPair = Curve.generateKeyPair()
  private readonly users = new Map<string, User>()

  constructor(private readonly options: Options) {}

  get own(): User {
    const { phone, lid, name } = this.options
    return this.byPhone(phone, { lid, name })
  }

  /** The business's own phone comes first. */
  get all(): User[] {
    const { own } = this
    return [own, ...[...this.users.values()].filter(user => user !== own)]
  }

  byPhone(number: string, known: { lid?: string | undefined; name?: string | undefined } = {}): User {
    const phone = digitsOf(number)
    if (!phone) throw new Error(`not a phone number: ${number}`)
    const user = this.users.get(phone) ?? this.introduce(phone)
    if (known.lid) user.lid = digitsOf(known.lid)
    if (known.name) user.name = known.name
    return user
  }

  /**
   * Returns the user with that address (any device). For an unknown number, a new user is created; for an unknown
   * LID or another kind of address, returns undefined.
   */
  byJid(jid: string | undefined): User | undefined {
    const address = jidDecode(jid)
    if (!address) return undefined
    if (address.server === 's.whatsapp.net') return this.byPhone(address.user)
    if (address.server === 'lid') return this.all.find(user => user.lid === address.user)
    return undefined
  }

  named(text: string): User {
    const user = text.endsWith('@lid') ? this.byJid(text) : this.byPhone(text)
    if (!user) throw new Error(`no contact has the address ${text}`)
    return user
  }

  exists(user: User): boolean {
    return !this.options.notOnWhatsApp.includes(user.phone)
  }

  private introduce(phone: string): User {
    const identity = phone === this.options.phone ? this.accountKey : undefined
    const user = new User(phone, `2${phone.slice(-11).padStart(14, '0')}`, `User ${phone}`, identity)
    this.users.set(phone, user)
    return user
  }
}
