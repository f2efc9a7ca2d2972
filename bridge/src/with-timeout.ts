/** Resolves when the work has ended, with or without an error, but after `ms` at the latest. */
export function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  return withTimeout(work, ms).then(
    () => undefined,
    () => undefined,
  )
}

/** Resolves or rejects as the work does; rejects if it has not ended after `ms`. The work itself continues. */
export function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
