// Preloaded into the process under test. Its clock is TEST_CLOCK_MS ahead of the real one; each SIGUSR2 switches
// between ahead and behind. Monotonic clocks are unchanged, as when a user sets a machine's time.
'use strict'

let offset = Number(process.env.TEST_CLOCK_MS ?? 0)
process.on('SIGUSR2', () => {
  offset = -offset
})

const { now } = Date
globalThis.Date = new Proxy(Date, {
  construct: (target, given, made) => Reflect.construct(target, given.length > 0 ? given : [now() + offset], made),
  apply: target => new target(now() + offset).toString(),
  get: (target, name, receiver) => (name === 'now' ? () => now() + offset : Reflect.get(target, name, receiver)),
})
