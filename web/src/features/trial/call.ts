import { client, unwrap } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { Devices } from '#shared/audio/call/devices'
import { MediaSocket, type MediaTicket } from '#shared/audio/call/media-socket'
import type { MicrophoneFrame } from '#shared/audio/call/microphone.worklet'
import { fromBase64 } from '#shared/audio/mulaw'
import { type Action, type CallProblem, microphoneProblem, type ServerMessage, startProblem } from './protocol'

export interface CallEvents {
  onAction: (action: Action) => void
  /** Called with the loudest sample of one side in 20 ms, from 0 to 1. */
  onPeak: (side: 'you' | 'agent', peak: number) => void
}

/** The browser replaces the telephone. */
export class TrialCall {
  private readonly events: CallEvents
  private readonly stopped = new AbortController()
  private devices: Devices | undefined
  private socket: MediaSocket<ServerMessage> | undefined
  private isMuted = false

  constructor(events: CallEvents) {
    this.events = events
  }

  /** Call this function in a click handler. */
  async start(): Promise<void> {
    this.events.onAction({ event: 'begin' })
    if (!window.isSecureContext || !navigator.mediaDevices) return this.fail({ kind: 'insecure' })
    const { signal } = this.stopped
    try {
      const events = { onFrame: this.onFrame, onMark: this.onMark, onSpeakerPeak: this.onSpeakerPeak }
      this.devices = await Devices.open(events, signal)
    } catch (error) {
      return signal.aborted ? undefined : this.fail(microphoneProblem(error))
    }
    try {
      const ticket = await unwrap(client.POST('/api/trial-calls', { signal }))
      if (!signal.aborted) this.connect(ticket)
    } catch (reason) {
      if (!signal.aborted) this.fail(startProblem(asApiError(reason)))
    }
  }

  setMuted(isMuted: boolean): void {
    this.isMuted = isMuted
  }

  /** After this, no event is reported. */
  hangUp(): void {
    this.socket?.sendStop()
    this.release()
  }

  private connect(ticket: MediaTicket): void {
    const onClose = () => {
      if (!this.stopped.signal.aborted) this.fail({ kind: 'unreachable' })
    }
    this.socket = new MediaSocket(ticket, { onMessage: this.onMessage, onClose })
  }

  private readonly onMessage = (message: ServerMessage): void => {
    switch (message.event) {
      case 'media':
        this.devices?.play(fromBase64(message.media.payload))
        break
      case 'mark':
        this.devices?.mark(message.mark.name)
        break
      case 'clear':
        this.devices?.clear()
        break
      default:
        if (message.event === 'greeting') void this.greet(message.url, message.mark)
        this.events.onAction(message)
        if (message.event === 'ended') this.release()
    }
  }

  private async greet(url: string, mark: string): Promise<void> {
    await this.devices?.playGreeting(url)
    if (this.stopped.signal.aborted) return
    this.onMark(mark)
    // The daemon expects no frames before the greeting was played.
    this.socket?.startAudio()
  }

  private readonly onFrame = ({ bytes, peak }: MicrophoneFrame): void => {
    this.events.onPeak('you', this.isMuted ? 0 : peak)
    this.socket?.sendFrame(this.isMuted ? null : bytes)
  }

  private readonly onMark = (name: string): void => this.socket?.sendMark(name)

  private readonly onSpeakerPeak = (peak: number): void => this.events.onPeak('agent', peak)

  private fail(problem: CallProblem): void {
    this.release()
    this.events.onAction({ event: 'failed', problem })
  }

  private release(): void {
    this.stopped.abort()
    this.devices?.close()
    this.devices = undefined
    this.socket?.close()
  }
}
