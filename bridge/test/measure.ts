// Measures the bundle: npm run measure [-- --node=<options of Node>] [--received=<messages>]
import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BridgeProcess, SECRET } from './support/bridge-process.ts'
import { FakeDaemon } from './support/fake-daemon.ts'
import { BRIDGE } from './support/paths.ts'
import { pause, until } from './support/until.ts'
import { WaServer } from './wa-server/server.ts'

const RECEIVED = Number(option('received') ?? 10_000)
const SENT = 1000
const CONTACTS = 50
const LONG_MS = 600_000

const options = option('node') ?? ''
const server = await WaServer.start({ options: { preKeyCount: 1 } })
const daemon = await FakeDaemon.start(SECRET)
const folder = await mkdtemp(join(tmpdir(), 'bridge-measure-'))
const start = () =>
  BridgeProcess.start({
    ...{ server, folder, target: daemon.target },
    ...(options && { environment: { NODE_OPTIONS: options } }),
  })

const contacts = Array.from({ length: CONTACTS }, (_, i) => `9725400000${String(i).padStart(2, '0')}`)
const contact = (i: number) => contacts[i % CONTACTS] as string
const print = (what: string, value: string) => process.stdout.write(`${what.padEnd(44)} ${value}\n`)

async function resident(bridge: BridgeProcess): Promise<string> {
  await pause(5000)
  const { body } = await bridge.get('/metrics')
  return `${(Number(/resident_bytes (\d+)/.exec(body.toString())?.[1]) / 1e6).toFixed(0)} MB`
}

try {
  print('Node, and its options', `${process.version} ${options}`)
  const first = await start()
  await first.link(server)
  await first.stop()

  const begun = performance.now()
  const bridge = await start()
  await bridge.becomes('connected')
  print('from exec to connected', `${((performance.now() - begun) / 1000).toFixed(2)} s`)
  print('resident, linked and idle', await resident(bridge))

  const inBegun = performance.now()
  for (let i = 0; i < RECEIVED; i++) {
    await server.inbound({ from: contact(i), text: `message ${i} of many, about as long as contacts write them` })
  }
  await until('the daemon has all', () => daemon.taken.length >= RECEIVED, LONG_MS)
  print('received, and taken by the daemon', `${rate(RECEIVED, inBegun)} a second`)
  print(`resident after ${RECEIVED} received`, await resident(bridge))

  const outBegun = performance.now()
  // One concurrent sender for each contact: the messages to one contact are sent one by one.
  await Promise.all(
    contacts.map(async (to, lane) => {
      for (let i = lane; i < SENT; i += CONTACTS) {
        const { status } = await bridge.send(to, `answer ${i}`, `measure ${i}`)
        if (status !== 200) throw new Error(`sending ended with ${status}`)
      }
    }),
  )
  print('sent, and acknowledged', `${rate(SENT, outBegun)} a second`)
  print(`resident after ${SENT} sent`, await resident(bridge))
  print('session file', `${(statSync(join(folder, 'session.log')).size / 1e6).toFixed(2)} MB`)
  print('bundle', `${(statSync(join(BRIDGE, 'dist/bridge.mjs')).size / 1e6).toFixed(2)} MB`)
  await bridge.stop()
} finally {
  await daemon.stop()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}

function rate(count: number, since: number): string {
  return (count / ((performance.now() - since) / 1000)).toFixed(0)
}

function option(name: string): string | undefined {
  const start = `--${name}=`
  return process.argv.find(one => one.startsWith(start))?.slice(start.length)
}
