// An ordinary Baileys client for the server's own tests, with its credentials in memory: it reads commands as lines
// of JSON from standard input, and writes events as lines of JSON. One process has many clients, each with its own
// name.
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import makeWASocket, {
  type AuthenticationCreds,
  downloadMediaMessage,
  initAuthCreds,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type WAMessage,
  type WASocket,
} from 'baileys'

// libsignal prints private keys to standard output, which carries the events of this process.
for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) console[level] = () => {}

interface Command {
  client: string
  command: string
  [argument: string]: unknown
}

const say = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)
const nothing = () => {}
const logger = {
  level: 'silent',
  child: () => logger,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
}

function keysInMemory(): SignalKeyStore {
  const values = new Map<string, unknown>()
  return {
    get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
      const found = ids.map(id => [id, values.get(`${type}/${id}`)]).filter(([, value]) => value !== undefined)
      return Object.fromEntries(found) as { [id: string]: SignalDataTypeMap[T] }
    },
    set: async data => {
      for (const [type, entries] of Object.entries(data)) {
        for (const [id, value] of Object.entries(entries ?? {})) {
          if (value === null) values.delete(`${type}/${id}`)
          else values.set(`${type}/${id}`, value)
        }
      }
    },
  }
}

class Client {
  private readonly creds: AuthenticationCreds = initAuthCreds()
  private readonly keys = keysInMemory()
  private readonly sent = new Map<string, WAMessage>()
  private readonly got = new Map<string, WAMessage>()
  private lastQr = ''
  private sock: WASocket | undefined

  constructor(
    private readonly name: string,
    private readonly settings: { url: string; keepAliveMs?: number; history?: boolean },
  ) {}

  connect() {
    const { url, keepAliveMs = 30_000, history = false } = this.settings
    const sock = makeWASocket({
      auth: { creds: this.creds, keys: this.keys },
      waWebSocketUrl: url,
      logger,
      markOnlineOnConnect: false,
      keepAliveIntervalMs: keepAliveMs,
      shouldSyncHistoryMessage: () => history,
      getMessage: async key => this.sent.get(key.id ?? '')?.message ?? undefined,
    })
    this.sock = sock
    sock.ev.on('creds.update', update => Object.assign(this.creds, update))
    sock.ws.on('CB:ack,class:message', ({ attrs }) => this.say('ack', { id: attrs.id, error: attrs.error }))
    // Baileys does not handle this notification: the server has retired the secret of the shown QR code.
    sock.ws.on('CB:notification,type:companion_reg_refresh', () => {
      this.creds.advSecretKey = randomBytes(32).toString('base64')
      const fields = this.lastQr.split(',')
      fields[3] = this.creds.advSecretKey
      this.say('qr', { qr: fields.join(',') })
    })
    sock.ev.on('connection.update', ({ connection, qr, lastDisconnect, isNewLogin, receivedPendingNotifications }) => {
      if (qr) {
        this.lastQr = qr
        this.say('qr', { qr })
      }
      if (isNewLogin) this.say('new-login')
      if (connection === 'open') this.say('open')
      if (receivedPendingNotifications) this.say('caught-up')
      const error = lastDisconnect?.error as { output?: { statusCode?: number }; message?: string } | undefined
      const code = error?.output?.statusCode
      if (connection === 'close') this.say('close', { code, error: error?.message })
      if (connection === 'close' && code === 515) this.connect()
    })
    sock.ev.on('messages.upsert', ({ messages, type }) => {
      for (const message of messages) {
        const { key, pushName, status, messageStubType: stub } = message
        this.got.set(key.id ?? '', message)
        this.say('message', { type, key, name: pushName, status, stub, content: message.message })
      }
    })
    sock.ev.on('messages.update', updates => {
      for (const { key, update } of updates) {
        this.say('update', { id: key.id, chat: key.remoteJid, status: update.status, content: update.message })
      }
    })
    sock.ev.on('message-receipt.update', updates => {
      for (const { key, receipt } of updates) this.say('group-receipt', { id: key.id, receipt })
    })
    sock.ev.on('messaging-history.set', ({ messages, chats }) => {
      this.say('history', { texts: messages.map(({ message }) => message?.conversation), chats: chats.length })
    })
  }

  async send({ to, content, id }: { to: string; content: object; id?: string }) {
    const made = JSON.parse(JSON.stringify(content), (_, value) =>
      value?.base64 ? Buffer.from(value.base64, 'base64') : value,
    )
    const message = await this.sock?.sendMessage(to, made, id ? { messageId: id } : {})
    if (message) this.sent.set(message.key.id ?? '', message)
    return { id: message?.key.id }
  }

  async pairingCode({ phone }: { phone: string }) {
    return { code: await this.sock?.requestPairingCode(phone) }
  }

  async download({ id, again = false }: { id: string; again?: boolean }) {
    let message = this.got.get(id)
    if (!message || !this.sock) throw new Error('no such message')
    if (again) message = await this.sock.updateMediaMessage(message)
    const bytes = await downloadMediaMessage(message, 'buffer', {})
    return { base64: bytes.toString('base64') }
  }

  async onWhatsApp({ phone }: { phone: string }) {
    return { found: await this.sock?.onWhatsApp(phone) }
  }

  async read({ key }: { key: WAMessage['key'] }) {
    await this.sock?.readMessages([key])
  }

  async presence({ state, to }: { state: 'composing' | 'available'; to?: string }) {
    await this.sock?.sendPresenceUpdate(state, to)
  }

  async ping({ limitMs }: { limitMs: number }) {
    const node = {
      tag: 'iq',
      attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p' },
      content: [{ tag: 'ping', attrs: {} }],
    }
    return { answered: await this.sock?.query(node, limitMs).then(Boolean, () => false) }
  }

  async logout() {
    await this.sock?.logout()
  }

  /** The end is not reported as an event. */
  end() {
    this.sock?.ev.removeAllListeners('connection.update')
    this.sock?.end(undefined)
  }

  private say(event: string, details: object = {}) {
    say({ client: this.name, event, ...details })
  }
}

const clients = new Map<string, Client>()

async function obey({ client: name, command, ...given }: Command): Promise<void> {
  if (command === 'new') clients.set(name, new Client(name, given as never))
  const client = clients.get(name) as unknown as Record<string, (given: unknown) => unknown>
  try {
    const result = await client[command === 'new' ? 'connect' : command]?.(given)
    say({ client: name, event: 'done', call: given.call, result: result ?? {} })
  } catch (error) {
    say({ client: name, event: 'done', call: given.call, error: String(error) })
  }
}

process.on('unhandledRejection', nothing)
createInterface({ input: process.stdin })
  .on('line', line => void obey(JSON.parse(line)))
  .on('close', () => process.exit(0))
