import { useState } from 'react'
import type { CallDetail, Recording } from './api'

/** The recording that is played: the daemon's own of both sides, else the newest complete one. */
export function usePicked({ recordings }: CallDetail) {
  const [picked, pick] = useState<number | null>(null)
  const complete = recordings.filter(({ state }) => state === 'complete')
  const recording: Recording | undefined =
    complete.find(({ id }) => id === picked) ?? complete.find(({ source }) => source === 'stream') ?? complete.at(-1)
  return { recording, pick }
}
