import { client, unwrap } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { stopListening } from '#shared/audio/listening'
import { canAskForMicrophone, microphoneProblem } from '#shared/audio/microphone'
import { fromBase64 } from '#shared/audio/mulaw'
import { type AnswerProblem, answerState, OFF, setAnswerState } from './answer-state'
import { Devices } from './devices'
import { MediaSocket, type MediaTicket } from './media-socket'
import type { MicrophoneFrame } from './microphone.worklet'

type ServerMessage =
  | { event: 'media'; media: { payload: string } }
  | { event: 'state'; state: 'announcing' | 'talking' }
  /** The daemon has received the last half a second of audio. */
  | { event: 'alive' }
  | { event: 'ended'; reason: string }

/** The maximum delay of the caller's audio, in ms. Beyond it, the oldest audio is dropped. */
const MAX_DELAY_MS = 400
/** How long a ticket is used, in ms. It is valid for a minute. */
const TICKET_MS = 50_000

/**
 * The time without a message from the daemon, in ms, after which the connection counts as lost. A browser reports a network
 * that fails silently only after minutes. The daemon lets the agent continue after 1.5 s without audio.
 */
const SILENCE_MS = 2_500

let running: Connection | undefined

/** Call this function in a click handler: browsers start audio only then. */
export function answer(callId: number): void {
  running?.close()
  stopListening()
  setAnswerState({ ...OFF, callId, status: 'connecting' })
  running = new Connection(callId)
  void running.open()
}

/** The agent then continues the call. */
export function handBack(): void {
  running?.close()
  setAnswerState(OFF)
}

export function setMuted(isMuted: boolean): void {
  setAnswerState({ isMuted })
}

class Connection {
  private readonly callId: number
  private readonly stopped = new AbortController()
  private devices: Devices | undefined
  private socket: MediaSocket<ServerMessage> | undefined
  /** When the last message arrived, in ms since the page was opened; undefined before the first one. */
  private lastMessage: number | undefined

  constructor(callId: number) {
    this.callId = callId
  }

  async open(): Promise<void> {
    if (!canAskForMicrophone()) return this.fail({ kind: 'microphone', problem: 'insecure' })
    // Both begin at once: a call that rings does not go to the phone while the browser asks for the microphone.
    const asked = performance.now()
    const [first] = await Promise.all([this.requestTicket(), this.openDevices()])
    const isExpired = performance.now() > asked + TICKET_MS
    const ticket = isExpired && first ? await this.requestTicket() : first
    if (ticket && !this.stopped.signal.aborted) this.connect(ticket)
  }

  private async requestTicket(): Promise<MediaTicket | undefined> {
    const params = { path: { id: this.callId } }
    try {
      return await unwrap(client.POST('/api/calls/{id}/answer', { params, signal: this.stopped.signal }))
    } catch (reason) {
      this.fail({ kind: 'refused', error: asApiError(reason) })
      return undefined
    }
  }

  private async openDevices(): Promise<void> {
    const onLost = () => this.fail({ kind: 'microphone', problem: 'missing' })
    const events = { onFrame: this.onFrame, onMark: () => {}, onSpeakerPeak: () => {}, onLost }
    try {
      const { signal } = this.stopped
      const devices = await Devices.open(events, signal, { maxDelayMs: MAX_DELAY_MS })
      if (signal.aborted) devices.close()
      else this.devices = devices
    } catch (reason) {
      this.fail({ kind: 'microphone', problem: microphoneProblem(reason) })
    }
  }

  close(): void {
    this.socket?.sendStop()
    this.release()
  }

  private connect(ticket: MediaTicket): void {
    const onOpen = () => this.socket?.startAudio()
    const onClose = () => this.fail({ kind: 'ended', reason: 'connection_lost' })
    this.socket = new MediaSocket(ticket, { onOpen, onMessage: this.onMessage, onClose })
  }

  private readonly onMessage = (message: ServerMessage): void => {
    if (this.stopped.signal.aborted) return
    this.lastMessage = performance.now()
    if (message.event === 'media') this.devices?.play(fromBase64(message.media.payload))
    else if (message.event === 'state') setAnswerState({ status: message.state })
    else if (message.event === 'ended') this.fail({ kind: 'ended', reason: message.reason })
  }

  private readonly onFrame = ({ bytes }: MicrophoneFrame): void => {
    // Frames arrive on time in a hidden page too, unlike timers.
    const isLost = this.lastMessage !== undefined && performance.now() > this.lastMessage + SILENCE_MS
    if (isLost) this.fail({ kind: 'ended', reason: 'connection_lost' })
    else this.socket?.sendFrame(answerState().isMuted ? null : bytes)
  }

  private fail(problem: AnswerProblem): void {
    if (this.stopped.signal.aborted) return
    this.release()
    setAnswerState({ status: 'off', isMuted: false, problem })
  }

  private release(): void {
    this.stopped.abort()
    this.devices?.close()
    this.devices = undefined
    this.socket?.close()
  }
}
