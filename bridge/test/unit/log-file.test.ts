import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as zlib from 'node:zlib'
import { DiskError, LogFile } from '../../src/session/log-file.ts'
import { DamagedLog } from '../../src/session/read-log.ts'
import { crc32ByTable, headerLine } from '../../src/session/record.ts'

const folder = mkdtempSync(join(tmpdir(), 'log-file-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newPath = () => join(folder, `${files++}.log`)

async function contents(path: string): Promise<Record<string, unknown>> {
  const file = await LogFile.open(path, ['cold'])
  const found: Record<string, unknown> = {}
  for (const table of file.tables()) {
    for (const [id, value] of file.entries(table)) {
      found[`${table}/${id}`] = table === 'cold' ? await file.read(table, id) : value
    }
  }
  await file.close()
  return found
}

test('committed values, bytes included, are read back, and deleted ones are not', async () => {
  const path = newPath()
  const file = await LogFile.open(path, ['cold'])
  await file.commit([
    ['hot', 'a', { bytes: Buffer.from([0, 255]), text: 'שלום' }],
    ['hot', 'b', 1],
  ])
  await file.commit([['cold', '1', { head: { lane: 'x' }, body: 'y'.repeat(1000) }]])
  await file.commit([['hot', 'b', null]])
  assert.deepEqual([...file.entries('cold')], [['1', { lane: 'x' }]])
  await file.close()
  assert.deepEqual(await contents(path), {
    'hot/a': { bytes: Buffer.from([0, 255]), text: 'שלום' },
    'cold/1': { head: { lane: 'x' }, body: 'y'.repeat(1000) },
  })
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a file that is cut off at any byte contains the complete commits before it', async () => {
  const path = newPath()
  const file = await LogFile.open(path)
  const states: { size: number; state: Record<string, unknown> }[] = [{ size: file.size, state: {} }]
  const state: Record<string, unknown> = {}
  for (let step = 0; step < 12; step++) {
    await file.commit([
      ['t', `k${step % 5}`, step % 4 === 3 ? null : { step, text: 'x'.repeat(step * 3) }],
      ['t', 'last', step],
    ])
    if (step % 4 === 3) delete state[`t/k${step % 5}`]
    else state[`t/k${step % 5}`] = { step, text: 'x'.repeat(step * 3) }
    state['t/last'] = step
    states.push({ size: file.size, state: { ...state } })
  }
  await file.close()
  const whole = readFileSync(path)
  for (let length = (states[0] as { size: number }).size; length <= whole.length; length++) {
    const cut = newPath()
    writeFileSync(cut, whole.subarray(0, length))
    const expected = states.filter(({ size }) => size <= length).at(-1)
    assert.deepEqual(await contents(cut), expected?.state, `cut off after ${length} bytes`)
    // The incomplete end is removed, and the next commit starts on a new line.
    const again = await LogFile.open(cut)
    await again.commit([['t', 'after', true]])
    await again.close()
    assert.deepEqual(await contents(cut), { ...expected?.state, 't/after': true })
    rmSync(cut)
  }
})

test('a damaged, foreign, emptied or newer file is refused and left unchanged', async () => {
  const path = newPath()
  const file = await LogFile.open(path)
  for (let i = 0; i < 20; i++) await file.commit([['t', String(i), 'value']])
  await file.close()
  const whole = readFileSync(path)
  const damaged = Buffer.from(whole)
  damaged[Math.floor(whole.length / 2)] = (damaged[Math.floor(whole.length / 2)] as number) ^ 1
  // A commit is one line, so two invalid lines cannot result from one interrupted write.
  const lastTwo = Buffer.from(whole)
  const [, secondLast] = [...whole.entries()].filter(([, byte]) => byte === 10).reverse()
  for (const at of [whole.length - 5, (secondLast as [number, number])[0] - 5])
    lastTwo[at] = (lastTwo[at] as number) ^ 1
  const newer = headerLine().toString().slice(9).replace('"version":1', '"version":2').trimEnd()
  const crc = crc32ByTable(Buffer.from(newer)).toString(16).padStart(8, '0')
  for (const [what, bytes] of Object.entries({
    damaged,
    lastTwo,
    foreign: Buffer.from('{"noiseKey":{"private":"…"}}\n'.repeat(100)),
    emptied: Buffer.alloc(0),
    zeros: Buffer.alloc(8192),
    newer: Buffer.from(`${crc} ${newer}\n`),
  })) {
    const bad = newPath()
    writeFileSync(bad, bytes)
    await assert.rejects(LogFile.open(bad), DamagedLog, what)
    assert.deepEqual(readFileSync(bad), bytes, what)
  }
})

test('one broken line after the last commit is dropped and archived', async () => {
  const path = newPath()
  const file = await LogFile.open(path)
  await file.commit([['t', 'a', 1]])
  await file.close()
  for (const garbage of ['\0'.repeat(5000), 'abc', '00000000 [["t","a",2]]\n', '\n']) {
    appendFileSync(path, garbage)
    assert.deepEqual(await contents(path), { 't/a': 1 })
    assert.equal(readFileSync(`${path}.cut-off`, 'utf8'), garbage)
  }
})

test('a file that is mostly out of date is rewritten, while commits continue', async () => {
  const path = newPath()
  const file = await LogFile.open(path, ['cold'])
  const value = 'x'.repeat(100_000)
  await file.commit([['cold', 'kept', { head: 1, body: value }]])
  let biggest = 0
  const pending: Promise<void>[] = []
  for (let i = 0; i < 400; i++) {
    pending.push(file.commit([['hot', `k${i % 3}`, `${i}${value}`]]))
    if (i % 7 === 0) await Promise.all(pending.splice(0))
    biggest = Math.max(biggest, file.size)
  }
  await Promise.all(pending)
  await file.commit([['hot', 'end', true]])
  assert.ok(biggest < 12e6, `it grew to ${biggest} bytes`)
  assert.deepEqual(await file.read('cold', 'kept'), { head: 1, body: value })
  await file.close()
  const found = await contents(path)
  assert.deepEqual(Object.keys(found).sort(), ['cold/kept', 'hot/end', 'hot/k0', 'hot/k1', 'hot/k2'])
  assert.equal(found['hot/k0'], `399${value}`)
})

test('a large file of current values is not rewritten, whatever its script', async () => {
  for (const letter of ['x', 'ש', '₪', '😀']) {
    const path = newPath()
    const file = await LogFile.open(path, ['cold'])
    // A rewritten file is another file, with another inode.
    const inodes = new Set<number>()
    for (let i = 0; i < 120; i++) {
      await file.commit([['cold', String(i), { head: i, body: letter.repeat(50_000) }]])
      inodes.add(statSync(path).ino)
    }
    assert.ok(file.size > 5e6, `${file.size} bytes`)
    assert.equal(inodes.size, 1, `the file of "${letter}" was rewritten`)
    await file.close()
    rmSync(path)
  }
})

test('thousands of cold values are rewritten quickly and completely', async () => {
  const path = newPath()
  const file = await LogFile.open(path, ['cold'])
  const ids = Array.from({ length: 5000 }, (_, i) => String(i))
  await Promise.all(ids.map(id => file.commit([['cold', id, { head: 0, id, body: 'x'.repeat(500) }]])))
  for (let round = 1; round <= 6; round++) {
    await Promise.all(
      ids.slice(0, 4000).map(id => file.commit([['cold', id, { head: round, id, body: 'y'.repeat(500) }]])),
    )
  }
  for (const [id, head] of [
    ['0', 6],
    ['3999', 6],
    ['4999', 0],
  ] as const) {
    assert.deepEqual(((await file.read('cold', id)) as { head: number; id: string }).head, head)
  }
  await file.close()
  assert.equal(Object.keys(await contents(path)).length, 5000)
})

test('without space to rewrite a file, the old one is kept', async () => {
  const path = newPath()
  const file = await LogFile.open(path)
  // A non-empty folder at this path prevents the creation of the new file.
  mkdirSync(join(`${path}.new`, 'taken'), { recursive: true })
  const value = 'x'.repeat(500_000)
  for (let i = 0; i < 20; i++) await file.commit([['t', 'k', `${i}${value}`]])
  assert.ok(file.size > 9e6)
  rmSync(`${path}.new`, { recursive: true })
  for (let i = 20; i < 40; i++) await file.commit([['t', 'k', `${i}${value}`]])
  assert.ok(file.size < 9e6, `${file.size} bytes`)
  await file.close()
  assert.deepEqual(await contents(path), { 't/k': `39${value}` })
})

test('a commit that cannot be serialised is rejected as a whole', async () => {
  const path = newPath()
  const file = await LogFile.open(path)
  await assert.rejects(
    file.commit([
      ['t', 'a', 1],
      ['t', 'b', 1n],
    ]),
  )
  assert.equal(file.get('t', 'a'), undefined)
  await file.commit([['t', 'c', 1]])
  await file.close()
  assert.deepEqual(await contents(path), { 't/c': 1 })
})

test('after a disk error no more commits are accepted', async () => {
  const path = newPath()
  const file = await LogFile.open(path)
  await file.commit([['t', 'a', 1]])
  await file.close()
  await assert.rejects(file.commit([['t', 'a', 2]]), DiskError)
  assert.deepEqual(await contents(path), { 't/a': 1 })
  truncateSync(path, 0)
  await assert.rejects(LogFile.open(path), DamagedLog)
})

test('both implementations of the checksum agree', () => {
  assert.equal(crc32ByTable(Buffer.from('123456789')), 0xcbf43926)
  if ('crc32' in zlib) {
    for (const length of [0, 1, 1000]) {
      const bytes = Buffer.alloc(length, length)
      assert.equal(crc32ByTable(bytes), (zlib.crc32 as (bytes: Buffer) => number)(bytes))
    }
  }
})
