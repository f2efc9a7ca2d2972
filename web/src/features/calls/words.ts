import type { Turn } from './api'

export interface Word {
  text: string
  fromMs: number
  toMs: number
  /** False if the agent was interrupted before this word was played. */
  isHeard: boolean
}

export interface Line {
  turn: Turn
  fromMs: number
  toMs: number
  words: Word[]
}

/** A word is shown as current also during a shorter gap after it, so that the mark does not flicker. */
const MAX_GAP_MS = 300

/**
 * Splits a turn into words. Without times of its words, the turn's time is divided in proportion to their letters.
 */
export function wordsOf(turn: Turn, toMs: number): Word[] {
  if (turn.words) return timedWords(turn.words)
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

function timedWords(words: NonNullable<Turn['words']>): Word[] {
  return words.map(({ text, start_ms, end_ms }, at) => {
    const next = words[at + 1]?.start_ms ?? Number.POSITIVE_INFINITY
    const isSoon = next > end_ms && next - end_ms <= MAX_GAP_MS
    return { text, isHeard: true, fromMs: start_ms, toMs: isSoon ? next : end_ms }
  })
}

/** Returns the length of the part of `text` that `heard` covers, ignoring trailing spaces. */
function sharedLength(text: string, heard: string): number {
  const part = heard.trimEnd()
  if (text.startsWith(part)) return part.length
  return Math.min(text.length, part.length)
}

/**
 * A turn without an end lasts until the next one, or until the end of the call. If the times of its words are known, a
 * turn lasts from the first to the last word.
 */
export function linesOf(turns: readonly Turn[], durationMs: number): Line[] {
  return turns.map((turn, at) => {
    const next = turns.slice(at + 1).find(({ started_ms }) => started_ms > turn.started_ms)
    const first = turn.words?.[0]
    const last = turn.words?.at(-1)
    if (first && last) return { turn, fromMs: first.start_ms, toMs: last.end_ms, words: wordsOf(turn, last.end_ms) }
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

/**
 * Returns why the end of an agent's line was not heard: an employee answered the call, a user ended the call, or the
 * caller spoke.
 */
export function cutOffBy(lines: readonly Line[], index: number, hungUpBy: string | null): 'answer' | 'end' | 'caller' {
  const next = lines.slice(index + 1).find(({ turn: { speaker } }) => speaker === 'employee' || speaker === 'caller')
  if (next) return next.turn.speaker === 'employee' ? 'answer' : 'caller'
  return hungUpBy === null ? 'caller' : 'end'
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
