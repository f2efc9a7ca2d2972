import { strictEqual } from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSettings } from '../../src/settings.ts'
import { startWatchdog } from '../../src/watchdog.ts'
import { until } from '../support/until.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

test('systemd is notified at intervals', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [program, notes] = [join(folder, 'notify'), join(folder, 'notes')]
  writeFileSync(program, `#!/bin/sh\necho "$1" >>${notes}\n`)
  chmodSync(program, 0o755)
  writeFileSync(notes, '')
  startWatchdog(20, log, program)
  await until('three messages', () => readFileSync(notes, 'utf8').startsWith('WATCHDOG=1\n'.repeat(3)))
})

test("the interval is a third of systemd's timeout, and is used by the addressed process only", () => {
  const interval = (environment: Record<string, string>) => readSettings(environment).watchdogMs
  strictEqual(interval({ WATCHDOG_USEC: '45000000' }), 15_000)
  strictEqual(interval({ WATCHDOG_USEC: '45000000', WATCHDOG_PID: String(process.pid) }), 15_000)
  strictEqual(interval({ WATCHDOG_USEC: '45000000', WATCHDOG_PID: '1' }), undefined)
  strictEqual(interval({}), undefined)
})
