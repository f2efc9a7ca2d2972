// The WhatsApp server for tests, seen by an ordinary Baileys client in a process of its own.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Curve } from 'baileys'
import { type Certificate, makeCertificate } from './wa-server/certificate.ts'
import { ClientProcess, type TestClient } from './wa-server/client-process.ts'
import type { Options } from './wa-server/options.ts'
import { WaServer } from './wa-server/server.ts'

const preload = new URL('../../test/wa-server/trust-preload.cjs', import.meta.url)
const program = new URL('./wa-server/client.mjs', import.meta.url)

const root = Curve.generateKeyPair()
const servers: WaServer[] = []
let certificate: Certificate
let clients: ClientProcess
/** A server with a linked client, for tests that leave both as they were. */
let server: WaServer
let client: TestClient

/** A server of the test's own. */
async function start(options: Partial<Options> = {}): Promise<WaServer> {
  const started = await WaServer.start({ root, certificate, options })
  servers.push(started)
  return started
}

/** A client that is linked and has caught up. */
async function link(to: WaServer, settings = {}): Promise<TestClient> {
  const linked = clients.client(to.url, settings)
  to.scan({ qr: String((await linked.until('qr')).qr) })
  await linked.until('caught-up')
  return linked
}

before(async () => {
  certificate = await makeCertificate()
  server = await start()
  clients = new ClientProcess(preload, program, server)
  client = await link(server)
})

after(async () => {
  await clients.stop()
  for (const started of servers) await started.stop()
  await certificate.remove()
})

describe('messages to the device', () => {
  it('arrive as text', async () => {
    const { id } = await server.inbound({ from: '15551110001', name: 'Alice', text: 'hello' })
    const message = await client.until('message', ({ key }) => (key as { id: string }).id === id)
    assert.equal(message.name, 'Alice')
  })
})
