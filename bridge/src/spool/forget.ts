import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf, phoneAddress } from '../address.ts'
import type { Change } from '../session/record.ts'
import { INBOX, MEDIA, PLACEHOLDERS, SENT, type Session } from '../session/session.ts'
import { contactOf, identify } from '../whatsapp/contact-identity.ts'
import { decode, resentMessages } from '../whatsapp/parse-message.ts'
import type { SentHead } from '../whatsapp/sent-messages.ts'
import type { Inbox, InboxEntry, InboxHead } from './inbox.ts'
import type { MediaEntry, MediaStore } from './media.ts'

export interface Forgotten {
  readonly events: number
  readonly sent: number
  readonly files: number
  /** Whether the session file was rewritten, so that it no longer contains the deleted data. */
  readonly rewritten: boolean
}

/**
 * Deletes the data of these addresses: the events that wait for the daemon, the messages sent to the addresses, the
 * placeholders, the files, the archived events that name the addresses, and all archived session files. The encryption
 * keys of the chat are kept: without them the contact's next message could not be decrypted.
 */
export async function forget(
  session: Session,
  inbox: Inbox,
  media: MediaStore,
  refusedFolder: string,
  named: readonly string[],
): Promise<Forgotten> {
  const { file } = session
  const addresses = await withLids(session, named)
  const isTheirs = (...of: (string | null | undefined)[]) => {
    const { phone, lid } = contactOf(...of)
    return addresses.some(address => address === phone || address === lid)
  }
  const idsOf = <T>(table: string, matches: (value: T) => boolean) =>
    [...file.entries(table)].filter(([, value]) => matches(value as T)).map(([id]) => id)

  const events = idsOf<InboxHead>(INBOX, ({ lane }) => addresses.includes(lane))
  const own = contactOf(session.creds.me?.id, session.creds.me?.lid)
  for (const id of idsOf<InboxHead>(INBOX, ({ lane }) => lane === own.lid || lane === own.phone)) {
    // The bridge asks the phone for one message at a time, so an answer contains messages of one contact.
    if (resentChats(await inbox.read(id)).some(chat => isTheirs(chat))) events.push(id)
  }
  // The address of a message that was refused early is the recipient as in the request.
  const sent = idsOf<SentHead>(SENT, ({ address }) => isTheirs(address) || addresses.includes(address))
  const placeholders = idsOf<{ remoteJid: string }>(PLACEHOLDERS, ({ remoteJid }) => isTheirs(remoteJid))
  const files = idsOf<MediaEntry>(MEDIA, ({ key }) => {
    const { remoteJid, remoteJidAlt } = key as { remoteJid?: string | null; remoteJidAlt?: string | null }
    return isTheirs(remoteJid, remoteJidAlt)
  })
  for (const id of files) await media.forget(id)
  await forgetRefused(refusedFolder, addresses)
  const changes: Change[] = [
    ...events.map(id => [INBOX, id, null] as const),
    ...sent.map(id => [SENT, id, null] as const),
    ...placeholders.map(id => [PLACEHOLDERS, id, null] as const),
  ]
  const rewritten = await session.commitAndRewrite(changes)
  // Comes last: an archive that is created later contains none of the deleted data.
  await session.deleteArchives()
  return { events: events.length, sent: sent.length, files: files.length, rewritten }
}

/** Returns the chats of the messages that the phone sends again in an entry. */
function resentChats(entry: InboxEntry | undefined): (string | null | undefined)[] {
  if (!entry || 'event' in entry) return []
  try {
    return resentMessages(decode(entry)).map(({ key }) => key?.remoteJid)
  } catch {
    // The entry cannot be converted to events either.
    return []
  }
}

/** Returns the addresses, and the LIDs that are known for the numbers among them. */
async function withLids(session: Session, addresses: readonly string[]): Promise<readonly string[]> {
  const numbers = addresses.filter(address => !addressOf(address))
  const contacts = await Promise.all(numbers.map(number => identify(session.keys, { chat: phoneAddress(number) })))
  return [...addresses, ...contacts.flatMap(({ lid }) => (lid && !addresses.includes(lid) ? [lid] : []))]
}

async function forgetRefused(folder: string, addresses: readonly string[]): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const users = addresses.map(address => addressOf(address)?.user ?? address)
  for (const name of names) {
    const path = join(folder, name)
    const text = await readFile(path, 'utf8').catch(() => '')
    if (users.some(user => text.includes(user))) await rm(path, { force: true })
  }
}
