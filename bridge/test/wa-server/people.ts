// The people on the simulated WhatsApp. A person is created when a test first mentions them.
import { Curve, jidDecode, type KeyPair } from 'baileys'
import type { Options } from './options.ts'
import { Person } from './person.ts'
import { digitsOf } from './stanza.ts'

/** The directory of people, including the business's own phone. */
export class People {
  /** The key of the business's own phone, which signs the keys of linked devices. */
  readonly accountKey: KeyPair = Curve.generateKeyPair()
  private readonly people = new Map<string, Person>()

  constructor(private readonly options: Options) {}

  /** The business's own phone. */
  get own(): Person {
    const { phone, lid, name } = this.options
    return this.byPhone(phone, { lid, name })
  }

  /** All people, the business's own phone first. */
  get all(): Person[] {
    const { own } = this
    return [own, ...[...this.people.values()].filter(person => person !== own)]
  }

  /** Returns the person with that number, and creates a new person if necessary. */
  byPhone(number: string, known: { lid?: string | undefined; name?: string | undefined } = {}): Person {
    const phone = digitsOf(number)
    if (!phone) throw new Error(`not a phone number: ${number}`)
    const person = this.people.get(phone) ?? this.introduce(phone)
    if (known.lid) person.lid = digitsOf(known.lid)
    if (known.name) person.name = known.name
    return person
  }

  /**
   * Returns the person with that address (any device). For an unknown number, a new person is created; for an unknown
   * LID or another kind of address, returns undefined.
   */
  byJid(jid: string | undefined): Person | undefined {
    const address = jidDecode(jid)
    if (!address) return undefined
    if (address.server === 's.whatsapp.net') return this.byPhone(address.user)
    if (address.server === 'lid') return this.all.find(person => person.lid === address.user)
    return undefined
  }

  /** Returns the person with that number or address. */
  named(text: string): Person {
    const person = text.endsWith('@lid') ? this.byJid(text) : this.byPhone(text)
    if (!person) throw new Error(`no contact has the address ${text}`)
    return person
  }

  /** Returns whether that person has a WhatsApp account. */
  exists(person: Person): boolean {
    return !this.options.notOnWhatsApp.includes(person.phone)
  }

  private introduce(phone: string): Person {
    const identity = phone === this.options.phone ? this.accountKey : undefined
    const person = new Person(phone, `2${phone.slice(-11).padStart(14, '0')}`, `Person ${phone}`, identity)
    this.people.set(phone, person)
    return person
  }
}
