import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

/** Resolves when this many seconds have passed since `began`, by `performance.now()`. */
const passed = (seconds: number, began: number) =>
  until(`${seconds} s`, () => performance.now() - began > 1000 * seconds, 1000 * (seconds + 30))

/** Users need time: they get the phone, unlock it, open the menu. */
describe('people who are slow', { concurrency: true }, () => {
  test('a QR code that is scanned after 40 seconds pairs like a fresh one', async () => {
    const stage = await Stage.set({ restartDelayMs: 1500 })
    const bridge = await stage.start({ environment: { WA_QR_SECONDS: '60' } })
    await until('a code', async () => (await bridge.get('/qr')).status === 200)
    await passed(40, performance.now())
    const { body } = await bridge.get('/qr')
    stage.server.scan(body)
    await bridge.becomes('connected')
    const ends = bridge.log.filter(line => line.event === 'WA_DISCONNECTED').map(line => line.code)
    assert.deepEqual(ends, [515])
  })

  test('a pairing code that is typed in after two minutes pairs', async () => {
    const stage = await Stage.set()
    const bridge = await stage.start()
    const asked = performance.now()
    const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
    await passed(120, asked)
    assert.equal((await bridge.get('/status')).body.pairing_code, body.code, 'the same code still waits')
    await stage.server.enterCode(body)
    await bridge.becomes('connected')
  })

  test('a pairing code that has expired is refused, and its successor pairs', async () => {
    const stage = await Stage.set({ codeSeconds: 1 })
    const bridge = await stage.start({ environment: { WA_CODE_SECONDS: '5' } })
    const { body } = await bridge.post('/pairing-code', { phone: '972501234567' })
    await passed(1.2, performance.now())
    await assert.rejects(stage.server.enterCode(body), /has expired/)
    stage.server.options({ codeSeconds: null })
    const next = await until('another code', async () => {
      const { pairing_code: code } = (await bridge.get('/status')).body
      return code && code !== body.code && code
    })
    await stage.server.enterCode({ code: next })
    await bridge.becomes('connected')
  })
})
