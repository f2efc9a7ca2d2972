import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { initAuthCreds } from 'baileys'
import { DiskError, LogFile } from '../../src/session/log-file.ts'
import { Session } from '../../src/session/session.ts'

test('a session that cannot be opened on a full disk leaves no file open', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'session-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'session.log')
  const handle = await open(folder)
  const fileHandle = Object.getPrototypeOf(handle)
  await handle.close()
  // A new session has no credentials yet; those of an unfinished pairing are replaced.
  for (const creds of [undefined, { ...initAuthCreds(), me: { id: '972355512340@s.whatsapp.net' } }]) {
    const file = await LogFile.open(path)
    if (creds) await file.commit([['creds', 'me', creds]])
    await file.close()
    const write = t.mock.method(fileHandle, 'write', () => Promise.reject(new Error('ENOSPC')))
    await assert.rejects(Session.open(folder), DiskError)
    write.mock.restore()
    assert.ok(!openFiles().includes(path))
    await (await Session.open(folder)).close()
    rmSync(path)
  }
})

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap(name => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)]
    } catch {
      // The descriptor with which this folder was read.
      return []
    }
  })
}
