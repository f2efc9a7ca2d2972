/** Waits until `isSo` returns a truthy value, and returns it. Throws an error with `what` after the time limit. */
export async function until<T>(
  what: string,
  isSo: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  limitMs = 15_000,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const found = await isSo()
    if (found) return found
    if (performance.now() > end) throw new Error(`not in ${limitMs} ms: ${what}`)
    await pause(20)
  }
}

export const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
