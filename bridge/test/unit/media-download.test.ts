import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Download, downloadMedia, MediaGone } from '../../src/spool/media-download.ts'

const folder = mkdtempSync(join(tmpdir(), 'media-download-'))
after(() => rmSync(folder, { recursive: true }))

const download = (address: { url?: string; directPath?: string }, mayUseLoopback = false) =>
  downloadMedia({
    content: { type: 'image', message: { mediaKey: randomBytes(32), ...address } } as unknown as Download['content'],
    path: join(folder, 'file'),
    maxBytes: 1000,
    mayUseLoopback,
  })

test('a file is requested from the servers of WhatsApp only', async t => {
  const requested: string[] = []
  t.mock.method(globalThis, 'fetch', async (url: string) => {
    requested.push(url)
    return new Response('', { status: 404 })
  })
  for (const [address, expected] of [
    [{ url: 'https://media.whatsapp.net/a?b' }, 'https://media.whatsapp.net/a?b'],
    [{ url: 'https://media.whatsapp.net/a', directPath: '/b' }, 'https://media.whatsapp.net/b'],
    [{ directPath: '/b' }, 'https://mmg.whatsapp.net/b'],
    [{ url: 'https://elsewhere.example/a', directPath: '/b' }, 'https://mmg.whatsapp.net/b'],
  ] as const) {
    await assert.rejects(download(address), error => !(error instanceof MediaGone))
    assert.equal(requested.pop(), expected)
  }
  const url = 'https://media.whatsapp.net/a'
  for (const address of [
    {},
    { url: 'https://elsewhere.example/a' },
    { url: 'http://media.whatsapp.net/a' },
    { url: 'https://127.0.0.1/a' },
    { directPath: '.elsewhere.example/b' },
    { url, directPath: '.elsewhere.example/b' },
    { url, directPath: '@elsewhere.example/b' },
    { url, directPath: ':x@127.0.0.1/b' },
  ]) {
    await assert.rejects(download(address), MediaGone, JSON.stringify(address))
  }
  assert.deepEqual(requested, [])
  assert.deepEqual(readdirSync(folder), [])
})

test('a redirect to another host is not followed', async t => {
  const requested: string[] = []
  const server = createServer((request, response) => {
    requested.push(request.url ?? '')
    const { port } = server.address() as AddressInfo
    const location = { '/away': `http://localhost:${port}/internal`, '/near': '/missing' }[request.url ?? '']
    response.writeHead(location ? 302 : 404, location ? { location } : {}).end()
  }).listen(0)
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await assert.rejects(download({ url: `${address}/away` }, true), MediaGone)
  await assert.rejects(download({ url: `${address}/near` }, true), /Failed to fetch stream/)
  assert.deepEqual(requested, ['/away', '/near', '/missing'])
})
