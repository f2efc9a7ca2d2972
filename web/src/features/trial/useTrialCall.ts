import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { TrialCall } from './call'
import { Levels } from './levels'
import { type Conversation, IDLE, reduce } from './protocol'

export interface TrialCallControl {
  conversation: Conversation
  levels: Levels
  isMuted: boolean
  /** Call this function in a click handler: browsers start audio only then. */
  start: () => void
  hangUp: () => void
  setMuted: (isMuted: boolean) => void
}

/** The call ends when the component unmounts. */
export function useTrialCall(): TrialCallControl {
  const [conversation, dispatch] = useReducer(reduce, IDLE)
  const [levels, setLevels] = useState(() => new Levels())
  const [isMuted, setIsMuted] = useState(false)
  const call = useRef<TrialCall>(undefined)
  const began = useRef(0)

  const start = useCallback(() => {
    call.current?.hangUp()
    const fresh = new Levels()
    setLevels(fresh)
    setIsMuted(false)
    began.current = Date.now()
    call.current = new TrialCall({ onAction: dispatch, onPeak: (side, peak) => fresh.add(side, peak) })
    void call.current.start()
  }, [])

  const hangUp = useCallback(() => {
    call.current?.hangUp()
    const duration_ms = Date.now() - began.current
    dispatch({ event: 'ended', reason: 'caller_hung_up', duration_ms, cost_micros: 0 })
  }, [])

  const setMuted = useCallback((isMuted: boolean) => {
    call.current?.setMuted(isMuted)
    setIsMuted(isMuted)
  }, [])

  useEffect(() => () => call.current?.hangUp(), [])
  return { conversation, levels, isMuted, start, hangUp, setMuted }
}
