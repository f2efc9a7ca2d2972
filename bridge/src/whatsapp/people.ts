import { jidDecode, type SignalKeyStore } from 'baileys'
import { type Envelope, type Person, personOf } from './address.ts'

/** A contact with all known addresses: those in the message, and those learned before. */
export async function identify(
  keys: SignalKeyStore,
  { chat, other }: Pick<Envelope, 'chat' | 'other'>,
): Promise<Person> {
  const person = personOf(chat, other)
  if (person.address || (person.phone && person.lid)) return person
  const user = person.phone ?? (person.lid && jidDecode(person.lid)?.user)
  if (!user) return person
  const id = person.phone ? user : `${user}_reverse`
  const { [id]: mapped } = await keys.get('lid-mapping', [id])
  if (!mapped) return person
  return person.phone ? { ...person, lid: `${mapped}@lid` } : { ...person, phone: mapped }
}
