/** Resolves when the work has settled, but after `ms` at the latest. Never rejects. */
export function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  return withTimeout(work, ms).then(
    () => undefined,
    () => undefined,
  )
}

/** Settles as the work does, but rejects if the work has not settled after `ms`. The work itself is not cancelled. */
export function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
