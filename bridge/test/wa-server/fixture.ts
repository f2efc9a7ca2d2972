// The initial state for each test file about the server: a server, a process for clients and, by default, a linked
// client.
import { after } from 'node:test'
import { Curve } from 'baileys'
import { type Certificate, makeCertificate } from './certificate.ts'
import { ClientProcess, type TestClient } from './client-process.ts'
import type { OptionsPatch } from './options.ts'
import { WaServer } from './server.ts'

const preload = new URL('../../test/wa-server/trust-preload.cjs', import.meta.url)
const program = new URL('./wa-server/client.mjs', import.meta.url)

const root = Curve.generateKeyPair()
const servers: WaServer[] = []
let certificate: Certificate
export let clients: ClientProcess
/** A server with a linked client, shared by the tests that do not change them. */
export let server: WaServer
export let client: TestClient

export async function start(options: OptionsPatch = {}): Promise<WaServer> {
  const started = await WaServer.start({ root, certificate, options: { preKeyCount: 1, ...options } })
  servers.push(started)
  return started
}

/** Links a client, and waits until it has received all waiting messages. */
export async function link(to: WaServer, settings = {}): Promise<TestClient> {
  const linked = clients.client(to.url, settings)
  to.scan({ qr: String((await linked.until('qr')).qr) })
  await linked.until('caught-up')
  return linked
}

/** Creates the shared server, and its client unless every test creates its own. */
export async function prepare({ linked = true } = {}): Promise<void> {
  certificate = await makeCertificate()
  server = await start()
  clients = new ClientProcess(preload, program, server)
  if (linked) client = await link(server, { history: true })
}

after(async () => {
  await clients.stop()
  for (const started of servers) await started.stop()
  await certificate.remove()
})

export type Key = { id: string; remoteJid: string; remoteJidAlt?: string; participant?: string; fromMe: boolean }
export type Content = Record<string, { [name: string]: unknown }> & { conversation?: string }

export async function received(id: string, by = client) {
  const message = await by.until('message', ({ key }) => (key as Key).id === id)
  const { n, type, name } = message
  return { n, type, name, key: message.key as Key, content: message.content as Content }
}

export const inboundOf = (id: string, on = server) => on.state().inbound.find(message => message.id === id)

export async function acknowledged(id: string, on = server): Promise<void> {
  await on.until(() => inboundOf(id, on)?.state === 'acknowledged')
}

export async function send(to: string, content: object, by = client, id?: string): Promise<string> {
  const sent = String((await by.ask('send', { to, content, id })).id)
  await by.until('ack', ack => ack.id === sent)
  return sent
}

/** Waits until the client has this status of its message: 3 delivered, 4 read, 5 played. */
export const status = (id: string, expected: number, by = client) =>
  Promise.any([
    by.until('update', update => update.id === id && update.status === expected),
    // If the status arrives before the echo of the sent message, the client reports both together.
    by.until('message', message => (message.key as Key).id === id && message.status === expected),
  ])

export const outboundOf = (id: string, on = server) =>
  on
    .state()
    .outbound.filter(message => message.id === id)
    .at(-1)

export const jid = (phone: string) => `${phone}@s.whatsapp.net`
export const base64 = (text: string) => Buffer.from(text).toString('base64')
