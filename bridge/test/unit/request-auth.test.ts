import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { RequestAuth } from '../../src/http/request-auth.ts'
import { json, type Route, serve } from '../../src/http/server.ts'

const SECRET = 'the secret of the tests'
const DAEMON_NONCE = '0123456789abcdef'.repeat(2)
const NONCE = 'fedcba9876543210'.repeat(2)
const BODY = '{"text":"שלום"}'
const log = { debug() {}, info() {}, warn() {}, error: (_event: string, text: string) => void errors.push(text) }
const errors: string[] = []

test('the bridge proves to the daemon that it has the secret, whatever its health', async () => {
  const ask = await start()
  for (const [path, status] of [
    ['/health', 200],
    ['/sick', 503],
  ] as const) {
    const answer = await ask('GET', path, { 'x-baileys-nonce': DAEMON_NONCE })
    assert.equal(answer.status, status)
    assert.equal(answer.headers['x-baileys-nonce'], NONCE)
    // The expected value was computed with Python's hmac.
    assert.equal(answer.headers['x-baileys-proof'], '84ecc187a6eff21b3c788485dfd8f362cd6ccd7d75f87c5dc6a1413e542096dd')
  }
  const long = await ask('GET', '/health', { 'x-baileys-nonce': 'a'.repeat(64) })
  assert.equal(long.headers['x-baileys-proof'], hmac(`agentlocator bridge proof\n${'a'.repeat(64)}\n${NONCE}`))
})

test('a client behind a proxy gets no proof', async () => {
  const ask = await start()
  for (const name of ['forwarded', 'x-forwarded-for', 'cf-connecting-ip']) {
    const answer = await ask('GET', '/health', { 'x-baileys-nonce': DAEMON_NONCE, [name]: '203.0.113.9' })
    assert.deepEqual(proofOf(answer), [], name)
  }
})

test('an invalid nonce gets no proof, nor does any nonce without a secret in the settings', async () => {
  const ask = await start()
  const invalid = ['', 'a'.repeat(31), 'a'.repeat(65), 'A'.repeat(32), `${'a'.repeat(31)}g`, `${'a'.repeat(31)}, a`]
  for (const nonce of invalid) assert.deepEqual(proofOf(await ask('GET', '/health', { 'x-baileys-nonce': nonce })), [])
  assert.deepEqual(proofOf(await ask('GET', '/health', {})), [])
  const open = await start(new RequestAuth(undefined, NONCE))
  const answer = await open('GET', '/health', { 'x-baileys-nonce': DAEMON_NONCE })
  assert.deepEqual([answer.status, proofOf(answer)], [200, []])
})

test('a signed request is accepted, with or without a body', async () => {
  const ask = await start()
  // The signature was computed with Python's hmac.
  const signature = '09b18190bdd31b66a44799c741a1428a210e38c8d87f315f0401e407645e3ffc'
  const posted = await ask('POST', '/echo?a=1&b=%D7%A9', { 'x-baileys-auth': signature }, BODY)
  assert.deepEqual([posted.status, posted.body], [200, BODY])
  for (const [method, path] of [
    ['GET', '/echo'],
    ['GET', '/echo?a=1'],
    ['HEAD', '/echo'],
    ['POST', '/echo'],
  ] as const) {
    assert.equal((await ask(method, path, { 'x-baileys-auth': sign(method, path) })).status, 200, `${method} ${path}`)
  }
  // A signature is equivalent to the secret, also for paths without a route.
  assert.equal((await ask('GET', '/nothing', { 'x-baileys-auth': sign('GET', '/nothing') })).status, 404)
  assert.equal((await ask('DELETE', '/echo', { 'x-baileys-auth': sign('DELETE', '/echo') })).status, 405)
})

test('a signature of another request, process or secret is refused like a wrong secret', async () => {
  const ask = await start()
  const right = sign('POST', '/echo?a=1', BODY)
  const wrongSecret = await ask('POST', '/echo?a=1', { 'x-baileys-secret': 'wrong' }, BODY)
  const refused: Parameters<typeof ask>[] = [
    ['POST', '/echo?a=1', { 'x-baileys-auth': right }, BODY.replace('ש', 'ל')],
    ['POST', '/echo?a=1', { 'x-baileys-auth': right }, `${BODY} `],
    ['POST', '/echo?a=1', { 'x-baileys-auth': right }],
    ['POST', '/echo?a=2', { 'x-baileys-auth': right }, BODY],
    ['POST', '/echo', { 'x-baileys-auth': right }, BODY],
    ['POST', '/nothing', { 'x-baileys-auth': right }, BODY],
    ['PUT', '/echo?a=1', { 'x-baileys-auth': right }, BODY],
    ['HEAD', '/echo', { 'x-baileys-auth': sign('GET', '/echo') }],
    ['POST', '/echo?a=1', { 'x-baileys-auth': sign('POST', '/echo?a=1', BODY, DAEMON_NONCE) }, BODY],
    ['POST', '/echo?a=1', { 'x-baileys-auth': sign('POST', '/echo?a=1', BODY, NONCE, 'another') }, BODY],
    ['POST', '/echo?a=1', { 'x-baileys-auth': right.slice(0, -1) }, BODY],
    ['POST', '/echo?a=1', { 'x-baileys-auth': `${right}0` }, BODY],
    ['POST', '/echo?a=1', { 'x-baileys-auth': right.toUpperCase() }, BODY],
    ['POST', '/echo?a=1', { 'x-baileys-auth': '' }, BODY],
  ]
  for (const parts of refused) {
    const { status, body } = await ask(...parts)
    assert.equal(status, 401, JSON.stringify(parts))
    if (parts[0] !== 'HEAD') assert.equal(body, wrongSecret.body)
  }
  // Each process has its own nonce.
  const other = await start(new RequestAuth(SECRET))
  assert.equal((await other('POST', '/echo?a=1', { 'x-baileys-auth': right }, BODY)).status, 401)
  const open = await start(new RequestAuth(undefined, NONCE))
  for (const secret of ['', 'undefined']) {
    const signature = sign('GET', '/echo', '', NONCE, secret)
    assert.equal((await open('GET', '/echo', { 'x-baileys-auth': signature })).status, 401)
  }
})

test('the secret is still accepted, whatever the signature', async () => {
  const ask = await start()
  for (const more of [{}, { 'x-baileys-auth': '0'.repeat(64) }]) {
    const { status, body } = await ask('POST', '/echo', { 'x-baileys-secret': SECRET, ...more }, BODY)
    assert.deepEqual([status, body], [200, BODY])
  }
})

test('a body over the limit is refused, and is not read without a signature', async () => {
  const ask = await start()
  const large = JSON.stringify('x'.repeat(1 << 20))
  for (const path of ['/echo', '/nothing']) {
    assert.equal((await ask('POST', path, { 'x-baileys-auth': sign('POST', path, large) }, large)).status, 413, path)
    assert.equal((await ask('POST', path, { 'x-baileys-auth': 'x' }, large)).status, 401, path)
  }
  const fits = JSON.stringify('x'.repeat((1 << 20) - 2))
  assert.equal((await ask('POST', '/echo', { 'x-baileys-auth': sign('POST', '/echo', fits) }, fits)).status, 200)
})

test('a client that ends a signed request before its body causes no error in the log', async () => {
  const ask = await start()
  const { port } = ask
  const headers = { 'x-baileys-auth': '0'.repeat(64), 'content-length': 100 }
  const sending = request({ port, method: 'POST', path: '/echo', headers })
  sending.on('error', () => {})
  sending.write('{', () => setTimeout(() => sending.destroy(), 50))
  await new Promise(resolve => sending.once('close', resolve))
  assert.equal((await ask('GET', '/health', {})).status, 200)
  assert.deepEqual(errors, [])
})

async function start(auth = new RequestAuth(SECRET, NONCE)) {
  const routes: Route[] = [
    { method: 'GET', path: /^\/health$/, open: true, handle: ({ raw }) => json(200, {}, auth.proof(raw)) },
    { method: 'GET', path: /^\/sick$/, open: true, handle: ({ raw }) => json(503, {}, auth.proof(raw)) },
    { method: 'GET', path: /^\/echo$/, handle: () => json(200, {}) },
    { method: 'POST', path: /^\/echo$/, handle: async ({ json: body }) => json(200, await body()) },
  ]
  const server = serve(routes, auth, log).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const ask = async (method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answer> => {
    const length = { 'content-length': Buffer.byteLength(body) }
    const sending = request({ port, method, path, headers: { ...headers, ...(body ? length : {}) }, agent: false })
    // The server may answer, and close the connection, before it has the whole body.
    sending.on('error', () => {})
    sending.end(body)
    const [response] = await once(sending, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }
  }
  return Object.assign(ask, { port })
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const hmac = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('hex')

const sign = (method: string, target: string, body = '', nonce = NONCE, secret = SECRET) =>
  hmac(`agentlocator bridge request\n${nonce}\n${method}\n${target}\n${body}`, secret)

const proofOf = ({ headers }: Answer) => Object.keys(headers).filter(name => name.startsWith('x-baileys'))
