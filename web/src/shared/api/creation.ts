import { useState } from 'react'
import { toast } from '../components/toasts'
import { newKey, requestOf } from './client'
import { type ApiError, asApiError } from './errors'

/** The changed item; with `keep` the item stays as it is, and another one is created. */
export type Outcome<R> = R | 'keep'

interface Steps<B, R> {
  send: (body: B, key: string) => Promise<R>
  /**
   * Called if an earlier request with another body, whose response was lost, has created an item. Changes the item so
   * that it is as in the new body, or shows it to the user.
   */
  settle: (made: R, body: B, earlier: B) => Promise<Outcome<R>>
}

interface Unknown<B> {
  body: B
  error: ApiError
}

/**
 * Returns a function that sends the bodies of one form, so that the form creates no second item after a lost response.
 *
 * Until the result of a request is known, the next one has the same `Idempotency-Key`, whatever its body is. The daemon
 * refuses another body if it has created the item (`key_reused`); otherwise the new request takes the place of the lost
 * one, which then has no effect even if it arrives late.
 */
export function creations<B, R>(): (body: B, steps: Steps<B, R>) => Promise<R> {
  let key: string | undefined
  let sent: string | undefined
  let unknown: readonly Unknown<B>[] = []
  const end = () => {
    for (const { error } of unknown) {
      const request = requestOf(error)
      if (request !== undefined) toast.endRetry(request)
    }
    key = undefined
    unknown = []
  }
  return async function create(body, steps): Promise<R> {
    const text = JSON.stringify(body)
    if (key === undefined || (unknown.length === 0 && sent !== text)) key = newKey()
    sent = text
    const used = key
    try {
      const made = await steps.send(body, used)
      end()
      return made
    } catch (reason) {
      const error = asApiError(reason)
      if (error.mayBeDone) unknown = [{ body, error }, ...unknown.filter(one => JSON.stringify(one.body) !== text)]
      if (error.code !== 'key_reused' || unknown.length === 0) throw reason
    }
    const made = await firstOf(unknown, earlier => steps.send(earlier, used))
    const outcome = made ? await steps.settle(made.item, body, made.body) : 'keep'
    end()
    return outcome === 'keep' ? create(body, steps) : outcome
  }
}

/** Returns the item that one of these requests has created; undefined if the item was deleted since. */
async function firstOf<B, R>(unknown: readonly Unknown<B>[], replay: (body: B) => Promise<R>) {
  for (const { body } of unknown) {
    try {
      return { item: await replay(body), body }
    } catch (reason) {
      const { code } = asApiError(reason)
      if (code === 'not_found') return undefined
      if (code !== 'key_reused') throw reason
    }
  }
  return undefined
}

/** Returns the result of `creations`, the same at each render. */
export function useCreation<B, R>() {
  const [create] = useState(() => creations<B, R>())
  return create
}
