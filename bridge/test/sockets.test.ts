import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BridgeProcess, SECRET } from './support/bridge-process.ts'
import { TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'

test('daemon and bridge communicate over Unix sockets', async () => {
  const { env, socket, start } = await setUp()
  const bridge = await start()
  await bridge.link(env.server)
  assert.equal(statSync(socket).mode & 0o777, 0o660)
  await env.server.inbound({ from: DANA, text: 'שלום' })
  await until('the message', () => env.daemon.texts.includes('שלום'))
  assert.deepEqual([await ask(socket, 'wrong'), await ask(socket, SECRET)], [401, 200])
  // A second bridge must not replace a running one.
  const { code, errors } = await BridgeProcess.fail(start.options('another'))
  assert.equal(code, 1)
  assert.match(errors, /another bridge is listening on/)
  assert.equal(await ask(socket, SECRET), 200)
  // A new bridge replaces the socket that a killed bridge has left.
  await bridge.stop('SIGKILL')
  await start()
  assert.equal(await ask(socket, SECRET), 200)
})

test('the bridge replaces neither a file nor the socket of a busy program', async () => {
  const { socket, start } = await setUp()
  writeFileSync(socket, 'a file of the operator')
  const ofFile = await BridgeProcess.fail(start.options('session'))
  assert.equal(ofFile.code, 1)
  assert.match(ofFile.errors, /bridge\.sock is not a socket/)
  assert.equal(readFileSync(socket, 'utf8'), 'a file of the operator')
  rmSync(socket)

  // This program accepts no connections, and two fill its queue.
  const listen = `net.createServer().listen({ path: '${socket}', backlog: 1 }, () => process.kill(process.pid, 'SIGSTOP'))`
  const busy = spawn(process.execPath, ['-e', listen], { stdio: 'ignore' })
  after(() => busy.kill('SIGKILL'))
  await until('a full queue', () => {
    const client = connect(socket)
    after(() => client.destroy())
    return once(client, 'connect').then(
      () => false,
      error => error.code === 'EAGAIN',
    )
  })
  const ofBusy = await BridgeProcess.fail(start.options('session'))
  assert.equal(ofBusy.code, 1)
  assert.match(ofBusy.errors, /bridge\.sock is in use.*EAGAIN/)
  assert.ok(statSync(socket).isSocket())
})

test('with a Unix socket, the bridge works although another program uses the port', async () => {
  const { socket, start } = await setUp()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  after(() => other.close())
  const bridge = start.unready(String((other.address() as AddressInfo).port))
  await bridge.logged('PORT_CLOSED')
  assert.equal(await until('an answer', () => ask(socket, SECRET).catch(() => undefined)), 200)
  assert.equal(await bridge.stop(), 0)
})

async function setUp() {
  const env = await TestEnv.create()
  const socket = join(env.folder, 'bridge.sock')
  const daemonSocket = join(env.folder, 'daemon.sock')
  const { port } = new URL(env.daemon.target)
  const relay = createServer(incoming => {
    const outgoing = connect(Number(port), '127.0.0.1')
    incoming.pipe(outgoing).pipe(incoming)
    for (const end of [incoming, outgoing]) end.on('error', () => end.destroy())
  }).listen(daemonSocket)
  await once(relay, 'listening')
  after(() => relay.close())
  const environment = { WA_BRIDGE_SOCKET: socket, WA_DAEMON_SOCKET: daemonSocket, BAILEYS_WEBHOOK_TARGET: '' }
  const options = (folder: string, more: Record<string, string> = {}) => {
    const own = join(env.folder, folder)
    return { server: env.server, folder: own, target: '', environment: { ...environment, ...more } }
  }
  const start = Object.assign(() => env.start(options('session')), {
    options,
    unready: (port: string) => BridgeProcess.spawn(options('session', { PORT: port })),
  })
  return { env, socket, start }
}

function ask(socketPath: string, secret: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/status', headers: { 'x-baileys-secret': secret } }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
}
