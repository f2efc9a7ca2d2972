import { useState } from 'react'
import { newKey } from './client'

/**
 * Returns a function that gives each body its `Idempotency-Key`: the previous one if the body is the same. If the
 * response to a request was lost, both "Try again" and another submit of the unchanged form repeat the request, instead
 * of creating a second item.
 */
export function requestKeys(): (body: unknown) => string {
  let last = { body: '', key: '' }
  return body => {
    const text = JSON.stringify(body)
    if (last.key === '' || last.body !== text) last = { body: text, key: newKey() }
    return last.key
  }
}

/** Returns the result of `requestKeys`, the same at each render, for a form that closes after the item was created. */
export function useRequestKey(): (body: unknown) => string {
  const [keyOf] = useState(requestKeys)
  return keyOf
}
