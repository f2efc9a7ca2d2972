import { useEffect, useRef, useState } from 'react'
import { type Player, usePlayerState } from '#shared/audio'
import { type Line, placeOf } from './words'

/** Both are -1 before the first playback; between words, the word is -1. */
export function useCurrentPlace(player: Player | null, lines: readonly Line[]): { line: number; word: number } {
  const key = usePlayerState(player ?? SILENT, ({ positionMs, isPlaying }) => {
    if (!player || (positionMs === 0 && !isPlaying)) return '-1:-1'
    const { line, word } = placeOf(lines, positionMs)
    return `${line}:${word}`
  })
  const [line = -1, word = -1] = key.split(':').map(Number)
  return { line, word }
}

/** A placeholder for the player, used when no player matches the transcript. */
const SILENT = {
  state: { isPlaying: false, positionMs: 0, speed: 1, hasFailed: false },
  subscribe: () => () => undefined,
} as unknown as Player

/** Follows until the user scrolls away. Without a player, nothing scrolls. */
export function useFollow(player: Player | null, lines: readonly Line[]) {
  const scrollRef = useRef<HTMLElement>(null)
  const [isFollowing, setFollowing] = useState(true)
  const { line } = useCurrentPlace(player, lines)
  const isPlaying = usePlayerState(player ?? SILENT, state => state.isPlaying)
  useEffect(() => {
    if (!isFollowing || !isPlaying || line < 0) return
    scrollRef.current?.querySelector(`[data-line="${line}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [line, isFollowing, isPlaying])
  return {
    scrollRef,
    isAway: !isFollowing && isPlaying,
    leave: () => {
      if (player?.state.isPlaying) setFollowing(false)
    },
    back: () => setFollowing(true),
  }
}

export type Follow = ReturnType<typeof useFollow>
