import type { Turn } from './api'

export interface Word {
  text: string
  fromMs: number
  toMs: number
  /** False if the contact interrupted the agent before this word was played. */
  isHeard: boolean
}

export interface Line {
  turn: Turn
  fromMs: number
  toMs: number
  words: Word[]
}

/**
 * Splits a turn into words. Words have no times of their own, so the turn's time is divided in proportion to their
 * letters.
 */
export function wordsOf(turn: Turn, toMs: number): Word[] {
  const heardTo = turn.interrupted ? sharedLength(turn.text, turn.heard_text) : turn.text.length
  const found = Array.from(turn.text.matchAll(/\S+/g), match => ({
    text: match[0],
    isHeard: match.index + match[0].length <= heardTo,
  }))
  const letters = found.reduce((sum, { text, isHeard }) => sum + (isHeard ? text.length + 1 : 0), 0)
  const perLetter = letters > 0 ? Math.max(0, toMs - turn.started_ms) / letters : 0
  let at = turn.started_ms
  return found.map(({ text, isHeard }) => {
    const fromMs = at
    if (isHeard) at += (text.length + 1) * perLetter
    return { text, isHeard, fromMs: Math.round(fromMs), toMs: Math.round(at) }
  })
}

/** Returns the length of the part of `text` that `heard` covers, ignoring trailing spaces. */
function sharedLength(text: string, heard: string): number {
  const part = heard.trimEnd()
  if (text.startsWith(part)) return part.length
  return Math.min(text.length, part.length)
}

/** A turn without an end lasts until the next one, or until the end of the call. */
export function linesOf(turns: readonly Turn[], durationMs: number): Line[] {
  return turns.map((turn, at) => {
    const next = turns.slice(at + 1).find(({ started_ms }) => started_ms > turn.started_ms)
    const fromMs = turn.started_ms
    const toMs = Math.max(fromMs, turn.ended_ms ?? next?.started_ms ?? durationMs)
    return { turn, fromMs, toMs, words: wordsOf(turn, toMs) }
  })
}

/** Returns true if the text of the turn is what the caller or the agent said. */
export const isSpoken = ({ speaker }: Turn): boolean => speaker === 'caller' || speaker === 'agent'

/** Returns the line at a position of the recording (the last one that has started), and the word in it. */
export function placeOf(lines: readonly Line[], ms: number): { line: number; word: number } {
  let line = -1
  for (const [at, { turn, fromMs }] of lines.entries()) if (isSpoken(turn) && fromMs <= ms) line = at
  const found = lines[line]
  if (!found || ms > found.toMs) return { line, word: -1 }
  return { line, word: found.words.findIndex(word => word.isHeard && ms >= word.fromMs && ms < word.toMs) }
}

/** The estimated duration of unheard words, in ms per letter: about 14 letters per second. */
const MS_PER_LETTER = 70

/** The time ranges of the agent's speech that the contact did not hear. */
export function unheardParts(lines: readonly Line[], durationMs: number): [from: number, to: number][] {
  return lines.flatMap(({ words, toMs }, at): [number, number][] => {
    const letters = words.reduce((sum, word) => sum + (word.isHeard ? 0 : word.text.length + 1), 0)
    if (letters === 0) return []
    const next = lines.slice(at + 1).find(({ turn }) => turn.speaker === 'agent')?.fromMs ?? durationMs
    return [[toMs, Math.max(toMs, Math.min(durationMs, next, toMs + letters * MS_PER_LETTER))]]
  })
}
