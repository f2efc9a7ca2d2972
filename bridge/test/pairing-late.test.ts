import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestEnv } from './support/test-env.ts'
import { until } from './support/until.ts'

const passed = (seconds: number, began: number) =>
  until(`${seconds} s`, () => performance.now() - began > 1000 * seconds, 1000 * (seconds + 30))

/** Users need time to get the phone, unlock it, and open the menu. */
describe('users who take their time', { concurrency: true }, () => {
  test('a QR code that is scanned after 40 seconds pairs the device', async () => {
    const env = await TestEnv.create({ restartDelayMs: 1500 })
    const bridge = await env.start({ environment: { WA_QR_SECONDS: '60' } })
    await until('a code', async () => (await bridge.get('/qr')).status === 200)
    await passed(40, performance.now())
    const { body } = await bridge.get('/qr')
    env.server.scan(body)
    await bridge.becomes('connected')
    const ends = bridge.log.filter(line => line.event === 'WA_DISCONNECTED').map(line => line.code)
    assert.deepEqual(ends, [515])
  })

  test('a pairing code that is entered after two minutes pairs the device', async () => {
    const env = await TestEnv.create()
    const bridge = await env.start()
    const asked = performance.now()
    const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
    await passed(120, asked)
    assert.equal((await bridge.get('/status')).body.pairing_code, body.code, 'the same code still waits')
    await env.server.enterCode(body)
    await bridge.becomes('connected')
  })

  test('an expired pairing code is refused, and its successor pairs the device', async () => {
    const env = await TestEnv.create({ codeSeconds: 1 })
    const bridge = await env.start({ environment: { WA_CODE_SECONDS: '5' } })
    const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
    await passed(1.2, performance.now())
    await assert.rejects(env.server.enterCode(body), /has expired/)
    env.server.options({ codeSeconds: null })
    const next = await until('another code', async () => {
      const { pairing_code: code } = (await bridge.get('/status')).body
      return code && code !== body.code && code
    })
    await env.server.enterCode({ code: next })
    await bridge.becomes('connected')
  })
})
