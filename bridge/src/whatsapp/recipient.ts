import { areJidsSameUser, type WASocket } from 'baileys'
import { addressOf, isIgnored, lidAddress } from '../address.ts'
import { boundedCache } from '../bounded-cache.ts'
import { keepingSessions } from './signal.ts'

/** Finds the address that WhatsApp uses for a contact. */
export class Recipients {
  readonly #known = boundedCache(2000)

  /**
   * Returns the address of a number (digits) or a LID; `undefined` if the number is not on WhatsApp. A number without a
   * known LID is looked up at most once a day, or once an hour if it is not on WhatsApp: many lookups look like a
   * spammer's. The results are only in memory.
   */
  async find(socket: WASocket, to: string): Promise<string | undefined> {
    if (addressOf(to)?.kind === 'lid') return to
    const known = await this.#known.get<Known>(to)
    if (known && known.until > Date.now()) return known.address
    const { [to]: lid } = await socket.authState.keys.get('lid-mapping', [to])
    if (lid) return lidAddress(lid)
    const answer = await socket.onWhatsApp(to)
    if (!answer) throw new Error('WhatsApp did not say whether it knows the number')
    const found = answer.find(one => one.exists)?.jid
    // The address of the contact's chats: a contact that hides the number is addressed by its LID.
    const address = found && ((await socket.signalRepository.lidMapping.getLIDForPN(found)) ?? found)
    await this.#known.set<Known>(to, { address, until: Date.now() + (address ? DAY_MS : HOUR_MS) })
    return address && areJidsSameUser(address, socket.user?.id) ? found : address
  }
}

/**
 * Determines the devices of a contact and of our own account, and opens a Signal session with each, so that sending
 * needs no further query.
 */
export async function openSessions(socket: WASocket, address: string, useCache: boolean): Promise<void> {
  if (isIgnored(address)) return
  const own = addressOf(address)?.kind === 'lid' ? socket.user?.lid : socket.user?.id
  const me = addressOf(own)?.bare ?? address
  const devices = await keepingSessions.run(useCache, () => socket.getUSyncDevices([me, address], useCache, false))
  await socket.assertSessions(devices.map(device => device.jid))
}

interface Known {
  readonly address: string | undefined
  readonly until: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
