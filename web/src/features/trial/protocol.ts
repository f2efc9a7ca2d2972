import type { ApiError } from '#shared/api/errors'

/** The state of the call. The page sets the first two states, the daemon reports the others. */
export type CallState =
  | 'microphone'
  | 'greeting'
  | 'connecting'
  | 'listening'
  | 'caller_speaking'
  | 'thinking'
  | 'speaking'

/** A message from the daemon: Twilio's Media Streams messages, and reports about the conversation. */
export type ServerMessage =
  | { event: 'media'; media: { payload: string } }
  | { event: 'mark'; mark: { name: string } }
  | { event: 'clear' }
  | { event: 'greeting'; url: string; length_ms: number; mark: string }
  | { event: 'state'; state: CallState }
  | TurnMessage
  | { event: 'tool'; name: string }
  | { event: 'barge_in'; heard_ms: number }
  | { event: 'barge_in_undone'; cause: 'back_channel' | 'noise' | 'unknown'; paused_ms: number }
  | EndedMessage

export interface TurnMessage {
  event: 'turn'
  id: string
  seq: number
  speaker: 'caller' | 'agent'
  text: string
  /** The part of `text`, from its start, that the caller has heard so far. */
  heard_text: string
  is_final: boolean
  interrupted: boolean
  started_ms: number
  latency_ms: number | null
}

export interface EndedMessage {
  event: 'ended'
  reason: string
  detail?: string | null
  duration_ms: number
  cost_micros: number
}

/** A line of the conversation: a turn, or a tool that the agent used. */
export type Line = { kind: 'turn'; turn: TurnMessage } | { kind: 'tool'; id: string; name: string }

export interface CallProblem {
  kind:
    | 'insecure'
    | 'denied'
    | 'no_microphone'
    | 'microphone_busy'
    | 'no_engine'
    | 'limit_reached'
    | 'unreachable'
    | 'refused'
  /** The key of the setting to change. */
  setting?: string
  /** Why the daemon refused the call, for the kind `refused`. */
  error?: ApiError
}

export interface Conversation {
  phase: 'idle' | 'on' | 'ended' | 'failed'
  state: CallState
  lines: readonly Line[]
  ended?: EndedMessage
  problem?: CallProblem
}

export const IDLE: Conversation = { phase: 'idle', state: 'microphone', lines: [] }

export type Action =
  | { event: 'begin' }
  | { event: 'failed'; problem: CallProblem }
  | Exclude<ServerMessage, { event: 'media' | 'mark' | 'clear' }>

export function reduce(now: Conversation, message: Action): Conversation {
  switch (message.event) {
    case 'begin':
      return { ...IDLE, phase: 'on' }
    case 'failed':
      return { ...now, phase: 'failed', problem: message.problem }
    case 'greeting':
      return { ...now, state: 'greeting' }
    case 'state':
      // The engine connects while the greeting plays, so the state `greeting` is kept.
      return now.state === 'greeting' && message.state === 'connecting' ? now : { ...now, state: message.state }
    case 'turn':
      return { ...now, lines: withTurn(now.lines, message) }
    case 'tool': {
      const tool: Line = { kind: 'tool', id: `tool ${now.lines.length}`, name: message.name }
      return { ...now, lines: [...now.lines, tool] }
    }
    case 'ended':
      return now.phase === 'on' ? { ...now, phase: 'ended', ended: message } : now
    default:
      // Ignores interruptions, and unknown messages of a newer daemon.
      return now
  }
}

/** Inserts or replaces a turn. Turns are sorted by `seq`; a tool stays before the answer that it led to. */
function withTurn(lines: readonly Line[], turn: TurnMessage): readonly Line[] {
  const line: Line = { kind: 'turn', turn }
  if (lines.some(other => other.kind === 'turn' && other.turn.id === turn.id)) {
    return lines.map(other => (other.kind === 'turn' && other.turn.id === turn.id ? line : other))
  }
  let at = lines.findLastIndex(other => other.kind === 'turn' && other.turn.seq < turn.seq) + 1
  while (lines[at]?.kind === 'tool') at++
  return [...lines.slice(0, at), line, ...lines.slice(at)]
}

export function unheard(turn: TurnMessage): string {
  return turn.speaker === 'agent' ? turn.text.slice(turn.heard_text.length) : ''
}

export function microphoneProblem(error: unknown): CallProblem {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return { kind: 'no_microphone' }
  if (name === 'NotReadableError' || name === 'AbortError') return { kind: 'microphone_busy' }
  return { kind: 'denied' }
}

export function startProblem(error: ApiError): CallProblem {
  const { code, status, params } = error
  if (code === 'no_engine' || code === 'limit_reached') return { kind: code, setting: params.setting }
  return status === 0 ? { kind: 'unreachable' } : { kind: 'refused', error }
}
