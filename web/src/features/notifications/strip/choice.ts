import { useSyncExternalStore } from 'react'
import { recall, remember, stored } from '#shared/storage'

/** The notification settings of this browser. */
export interface Choice {
  isOn: boolean
  messages: boolean
  missed: boolean
  live: boolean
  /** Whether the text of a message is shown, also on a locked screen. */
  words: boolean
}

const KEY = 'notifications'
const NONE: Choice = { isOn: false, messages: true, missed: true, live: false, words: false }

function read(): Choice {
  try {
    const known: unknown = JSON.parse(recall(KEY) ?? '{}')
    return { ...NONE, ...(typeof known === 'object' ? known : {}) }
  } catch {
    return NONE
  }
}

let choice = read()
const listeners = new Set<() => void>()

function set(next: Choice): void {
  choice = next
  for (const listener of listeners) listener()
}

/** Does not subscribe to changes. */
export const currentChoice = (): Choice => choice

/** Applies to all tabs of this browser. */
export function choose(part: Partial<Choice>): void {
  set({ ...choice, ...part })
  remember(KEY, JSON.stringify(choice))
}

function subscribe(listener: () => void): () => void {
  const follow = ({ key }: StorageEvent) => key === stored(KEY) && set(read())
  listeners.add(listener)
  addEventListener('storage', follow)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', follow)
  }
}

/** Includes changes made in another tab. */
export const useChoice = (): Choice => useSyncExternalStore(subscribe, currentChoice)
