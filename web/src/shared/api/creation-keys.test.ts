import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { creationKeys } from './creation-keys'

function start() {
  let made = 0
  let time = 0
  const keys = creationKeys(
    () => `key ${++made}`,
    () => time,
  )
  const at = (path: string, body: string) => keys.of(path, body) ?? { key: undefined, end: () => undefined }
  const wait = (ms: number) => {
    time += ms
  }
  return { at, wait }
}

test('a second click and another try have the key of the first request, a later request has its own', () => {
  const { at, wait } = start()
  const first = at('/api/leads', '{"title":"a"}')
  expect(at('/api/leads', '{"title":"a"}').key).toBe(first.key)
  expect(at('/api/leads', '{"title":"b"}').key).not.toBe(first.key)
  expect(at('/api/facts', '{"title":"a"}').key).not.toBe(first.key)
  first.end(false)
  wait(60_000)
  const again = at('/api/leads', '{"title":"a"}')
  expect(again.key).toBe(first.key)
  again.end(true)
  wait(500)
  const click = at('/api/leads', '{"title":"a"}')
  expect(click.key).toBe(first.key)
  click.end(true)
  wait(1000)
  expect(at('/api/leads', '{"title":"a"}').key).not.toBe(first.key)
})

test('every operation that takes a key has one', () => {
  const document = JSON.parse(readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'))
  const { at } = start()
  const isOwn = new Set(['/api/appointments', '/api/scheduled-messages', '/api/tokens', '/api/whatsapp/send'])
  for (const [path, item] of Object.entries<Record<string, { parameters?: { name: string }[] }>>(document.paths)) {
    const takesKey = item.post?.parameters?.some(({ name }) => name === 'Idempotency-Key') ?? false
    const hasKey = at(path.replace('{id}', '17'), '{}').key !== undefined
    expect([path, hasKey]).toEqual([path, takesKey && !isOwn.has(path)])
  }
})
