import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32ByTable } from '../src/session/record.ts'
import { BridgeProcess } from './support/bridge-process.ts'
import { BRIDGE } from './support/paths.ts'
import { acknowledged, shown } from './support/peer.ts'
import { newKey, TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const DANA = '972501234567'
const AVI = '972523334455'
const LONG_MS = 60_000

const fileOf = (env: TestEnv) => join(env.folder, 'session.log')

/**
 * Returns an environment with a linked bridge that had traffic and has exited. `linkedBytes`: the size of the session
 * file before most of the traffic.
 */
async function used(): Promise<{ env: TestEnv; linkedBytes: number }> {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  await env.server.inbound({ from: DANA, text: 'אחרי השיוך' })
  await env.daemon.message('אחרי השיוך')
  const linkedBytes = statSync(fileOf(env)).size
  for (let i = 0; i < 10; i++) {
    await env.server.inbound({ from: [DANA, AVI][i % 2] as string, text: `לפני ${i}` })
    await bridge.send(AVI, `החוצה ${i}`, newKey())
  }
  await env.daemon.message('לפני 9')
  await acknowledged(env.server)
  await bridge.stop()
  return { env, linkedBytes }
}

test('a session file with an incomplete last commit is valid', async () => {
  const { env, linkedBytes } = await used()
  const whole = readFileSync(fileOf(env))
  const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1
  const random = Array.from({ length: 3 }, () => randomInt(linkedBytes, whole.length))
  const cuts = [whole.length - 1, lastLine + 1, lastLine, ...random]
  for (const [round, cut] of cuts.entries()) {
    writeFileSync(fileOf(env), whole)
    truncateSync(fileOf(env), cut)
    const bridge = await env.start()
    await bridge.becomes('connected')
    await env.server.inbound({ from: DANA, text: `קטוע ${round}` })
    await env.daemon.message(`קטוע ${round}`)
    assert.ok(!bridge.log.some(line => line.event === 'WA_QR'), `cut at ${cut} of ${whole.length}`)
    await bridge.stop('SIGKILL')
  }
  // Bytes that a power failure may leave after the last complete record.
  for (const rest of [randomBytes(300), Buffer.alloc(4096)]) {
    writeFileSync(fileOf(env), Buffer.concat([whole, rest]))
    const bridge = await env.start()
    await bridge.becomes('connected')
    await bridge.stop('SIGKILL')
  }
  assert.equal(env.server.state().registrations, 1)
})

test('a damaged session file is left unchanged until a user requests a new pairing', async () => {
  const { env } = await used()
  const whole = readFileSync(fileOf(env))
  const flipped = Buffer.from(whole)
  const middle = Math.floor(whole.length / 2)
  flipped[middle] = (flipped[middle] ?? 0) ^ 1
  const newer = Buffer.from(JSON.stringify({ format: 'agentlocator-bridge-session', version: 2 }))
  const check = crc32ByTable(newer).toString(16).padStart(8, '0')
  const cases: [what: string, content: Buffer, says: RegExp][] = [
    ['damaged', flipped, /is damaged after byte \d+/],
    ['empty', Buffer.alloc(0), /no session file/],
    ['cut within its first line', whole.subarray(0, 20), /no session file/],
    ['foreign', Buffer.from('{"noiseKey":{}}\n'), /no session file/],
    ['foreign and binary', randomBytes(5000), /no session file|damaged/],
    ['newer', Buffer.concat([Buffer.from(`${check} `), newer, Buffer.from('\n')]), /another version/],
  ]
  for (const [what, content, says] of cases) {
    writeFileSync(fileOf(env), content)
    const bridge = await env.start()
    await bridge.becomes('damaged')
    assert.equal((await bridge.get('/health')).status, 503, what)
    assert.match((await bridge.logged('SESSION_DAMAGED')).message, says, what)
    // The earlier sent messages are in the unreadable file, so it is unknown whether this message was sent.
    assert.equal((await bridge.send(DANA, 'לא', newKey())).status, 504, what)
    assert.equal((await bridge.get('/qr')).status, 404, what)
    // A file cannot be deleted without its record, which is in the session file.
    assert.equal((await bridge.ask('DELETE', `/media/${'0'.repeat(32)}`)).status, 503, what)
    await bridge.stop()
    assert.ok(readFileSync(fileOf(env)).equals(content), `${what}: it is as it was`)
  }
  writeFileSync(fileOf(env), flipped)
  const bridge = await env.start()
  await bridge.becomes('damaged')
  assert.equal((await bridge.post('/pair')).status, 200)
  await bridge.link(env.server)
  const aside = readdirSync(env.folder).filter(name => name.startsWith('session.damaged-'))
  assert.equal(aside.length, 1)
  assert.ok(readFileSync(join(env.folder, aside[0] ?? '')).equals(flipped))
  await env.server.inbound({ from: DANA, text: 'שוב מחובר' })
  await env.daemon.message('שוב מחובר')
})

test('a second process on the same session exits at once, and the first is not affected', async () => {
  const env = await TestEnv.create()
  const bridge = await env.startLinked()
  const { logins } = env.server.state()
  const { server, folder, daemon } = env
  const { code, errors } = await BridgeProcess.fail({ server, folder, target: daemon.target })
  assert.equal(code, 1)
  assert.match(errors, /another bridge is using the session in .+; only one may run at a time/)
  assert.equal(await bridge.state(), 'connected')
  assert.equal(env.server.state().logins, logins)
  await env.server.inbound({ from: DANA, text: 'עדיין כאן' })
  await daemon.message('עדיין כאן')
})

test('on a full disk no unsaved message is acknowledged, and all messages arrive once there is space', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const first = await env.startLinked()
  const earlier = newKey()
  assert.equal((await first.send(AVI, 'לפני שנגמר המקום', earlier)).status, 200)
  await first.stop()
  daemon.behaviour = 503
  const blocks = Math.ceil((statSync(fileOf(env)).size + 30_000) / 512)
  const bridge = await env.start({ command: limited(blocks) })
  await bridge.becomes('connected')
  const texts = Array.from({ length: 40 }, (_, i) => `מלא ${i} ${'x'.repeat(1500)}`)
  const [saved, ...others] = texts
  // On a busy machine all the others may be in one commit, which does not fit on the disk.
  await server.inbound({ from: DANA, text: String(saved) })
  await acknowledged(server, LONG_MS)
  for (const text of others) await server.inbound({ from: DANA, text })
  const failure = await bridge.logged('SESSION_DISK')
  assert.equal(failure.level, 'error')
  await bridge.becomes('disk')
  assert.equal((await bridge.get('/health')).status, 503)
  assert.equal((await bridge.send(AVI, 'לא עכשיו', newKey())).status, 503)
  // An earlier process sent the message with this key, so "certainly not sent" would be wrong.
  assert.equal((await bridge.send(AVI, 'לפני שנגמר המקום', earlier)).status, 504)
  const kept = readFileSync(fileOf(env)).toString('latin1')
  const inbound = server.state().inbound
  for (const { id, state } of inbound) {
    if (state === 'acknowledged') assert.ok(kept.includes(id), 'it is on disk')
  }
  assert.ok(inbound.some(one => one.state === 'acknowledged'))
  assert.ok(inbound.some(one => one.state !== 'acknowledged'))
  lift(bridge)
  daemon.behaviour = 'accepts'
  await until('all of them', () => daemon.texts.length >= texts.length, LONG_MS)
  assert.deepEqual([...new Set(daemon.texts)], texts)
  await acknowledged(server, LONG_MS)
  await bridge.becomes('connected', LONG_MS)
  const key = newKey()
  await until('it sends', async () => (await bridge.send(AVI, 'עכשיו כן', key)).status === 200, LONG_MS)
  assert.equal((await bridge.send(AVI, 'לפני שנגמר המקום', earlier)).status, 200)
  assert.equal(shown(server, 'לפני שנגמר המקום'), 1)
  assert.equal(shown(server, 'לא עכשיו'), 0)
  assert.equal(server.state().registrations, 1)
})

test('a bridge that cannot write at its start reports it, and starts once it can', async () => {
  const env = await TestEnv.create()
  const bridge = await env.start({ command: limited(0) })
  await bridge.becomes('disk')
  assert.equal((await bridge.get('/health')).status, 503)
  assert.match((await bridge.logged('SESSION_DISK')).message, /cannot be read or written/)
  assert.equal(env.server.state().registrations, 0, 'no device that cannot be stored is registered at WhatsApp')
  lift(bridge)
  await bridge.link(env.server)

  const { server, daemon } = env
  const folder = join(fileOf(env), 'below-a-file')
  const { code, errors } = await BridgeProcess.fail({ server, folder, target: daemon.target })
  assert.equal(code, 1)
  assert.match(errors, /ENOTDIR.+below-a-file|EEXIST/)
})

test('a clock that is an hour off, or jumps, has no effect', async () => {
  for (const offset of [3_600_000, -3_600_000]) {
    const env = await TestEnv.create()
    const { server, daemon } = env
    const bridge = await env.startLinked({
      preloads: [join(BRIDGE, 'test/support/clock-preload.cjs')],
      environment: { TEST_CLOCK_MS: String(offset), WA_KEEP_ALIVE_SECONDS: '1' },
    })
    const shift = (await bridge.get('/health')).body.ts - Date.now()
    assert.ok(Math.abs(shift - offset) < LONG_MS, 'the clock is off')
    const flows = async (name: string) => {
      await server.inbound({ from: DANA, text: `אל ${name}` })
      await daemon.message(`אל ${name}`)
      await until('it sends', async () => (await bridge.send(DANA, `מן ${name}`, name)).status === 200, LONG_MS)
      assert.equal(shown(server, `מן ${name}`), 1)
    }
    await flows(`לפני ${offset}`)
    bridge.child.kill('SIGUSR2')
    await until(
      'it has jumped',
      async () => Math.sign((await bridge.get('/health')).body.ts - Date.now()) !== Math.sign(offset),
    )
    await flows(`אחרי ${offset}`)
    await bridge.becomes('connected', LONG_MS)
    assert.equal(server.state().registrations, 1)
  }
})

test('a flood while the daemon is down waits on disk, and is delivered in order', async () => {
  const env = await TestEnv.create()
  const { server, daemon } = env
  const bridge = await env.startLinked()
  daemon.behaviour = 503
  const contacts = Array.from({ length: 50 }, (_, i) => `9725400000${String(i).padStart(2, '0')}`)
  for (let round = 0; round < 10; round++) {
    await Promise.all(contacts.map(from => server.inbound({ from, text: `${round}` })))
  }
  await acknowledged(server, LONG_MS)
  assert.equal((await bridge.get('/health')).body.inbox >= 500, true)
  const resident = Number(/resident_bytes (\d+)/.exec((await bridge.get('/metrics')).body.toString())?.[1])
  assert.ok(resident < 400e6, `${resident} bytes of memory`)
  daemon.behaviour = 'accepts'
  await until('all of them', () => daemon.messages.length >= 500, LONG_MS)
  for (const contact of contacts) {
    const texts = daemon.messages.filter(one => one.from === contact).map(one => one.text)
    assert.deepEqual(
      texts,
      Array.from({ length: 10 }, (_, i) => `${i}`),
    )
  }
  await until('nothing waits', async () => (await bridge.get('/health')).body.inbox === 0, LONG_MS)
})

/** Simulates a full disk with a limit on the size of each file, in blocks of 512 bytes. */
function limited(blocks: number): string[] {
  return ['sh', '-c', `ulimit -S -f ${blocks}; exec "$@"`, 'sh']
}

function lift(bridge: BridgeProcess): void {
  execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(bridge.child.pid)])
}
