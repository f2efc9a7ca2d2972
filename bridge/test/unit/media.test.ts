import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogFile } from '../../src/session/log-file.ts'
import { MEDIA } from '../../src/session/session.ts'
import { type MediaDependencies, type MediaEntry, MediaStore } from '../../src/spool/media.ts'
import type { MediaContent } from '../../src/whatsapp/message-content.ts'
import { until } from '../support/until.ts'

test('a download that fails after the contact was deleted leaves no record and no file', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'media-'))
  const held = new Map<string, ServerResponse>()
  const server = createServer((request, response) => held.set(request.url ?? '', response)).listen(0, '127.0.0.1')
  await until('the server listens', () => server.listening)
  const file = await LogFile.open(join(folder, 'session.log'))
  const silent = () => undefined
  const dependencies = {
    session: { file },
    settings: { maxMediaBytes: 1000, mediaSpoolBytes: 1000, webSocketUrl: 'ws://127.0.0.1' },
    folder: join(folder, 'media'),
    renew: () => Promise.reject(new Error('not now')),
    isConnected: () => true,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  }
  const store = new MediaStore(dependencies as unknown as MediaDependencies)
  t.after(() => {
    store.stop()
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  await store.start()
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const note = (name: string) => {
    const message = { url: `${address}/${name}`, mediaKey: randomBytes(32), fileLength: 10 }
    const content = { type: 'image', message, mime: 'image/png' } as unknown as MediaContent
    return store.note({ remoteJid: '972501234567@s.whatsapp.net', id: name, fromMe: false }, content, false)
  }
  const answer = async (name: string, status: number) => {
    const response = await until(`the request of ${name}`, () => held.get(`/${name}`))
    response.writeHead(status).end()
  }
  for (const status of [500, 404]) {
    const forgotten = await note(`forgotten-${status}`)
    const kept = await note(`kept-${status}`)
    await until('both requests', () => held.has(`/forgotten-${status}`) && held.has(`/kept-${status}`))
    await store.forget(forgotten)
    await answer(`forgotten-${status}`, status)
    // The later failure of the other file shows that the first one has been handled.
    await answer(`kept-${status}`, status)
    await until('the other file', () => (file.get(MEDIA, kept) as MediaEntry).tries > 0)
    assert.equal(file.get(MEDIA, forgotten), undefined)
    await store.forget(kept)
  }
  assert.deepEqual(readdirSync(dependencies.folder), [])
})
