import { client, unwrap } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { Devices } from '#shared/audio/call/devices'
import type { MicrophoneFrame } from '#shared/audio/call/microphone.worklet'
import { QUIET_FRAME } from '#shared/audio/call/quiet-frame'
import { fromBase64, toBase64 } from '#shared/audio/mulaw'
import { type Action, type CallProblem, microphoneProblem, type ServerMessage } from './protocol'

export interface CallEvents {
  onAction: (action: Action) => void
  /** Called with the loudest sample of one side in 20 ms, from 0 to 1. */
  onPeak: (side: 'you' | 'agent', peak: number) => void
}

/**
 * A trial call, in which the browser replaces the telephone. It uses Twilio's Media Streams protocol with the daemon.
 */
export class TrialCall {
  private readonly events: CallEvents
  private readonly stopped = new AbortController()
  private devices: Devices | undefined
  private socket: WebSocket | undefined
  /**
   * The number of frames sent since the greeting was played; undefined before, because the server expects no frames
   * then.
   */
  private frames: number | undefined
  private isMuted = false

  constructor(events: CallEvents) {
    this.events = events
  }

  /** Opens the microphone and starts the call. Call this function in a click handler. */
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
      if (signal.aborted) return
      const { code, params } = asApiError(reason)
      const isKnown = code === 'no_engine' || code === 'limit_reached'
      this.fail({ kind: isKnown ? code : 'unreachable', setting: params.setting })
    }
  }

  setMuted(isMuted: boolean): void {
    this.isMuted = isMuted
  }

  /** Ends the call. After this, no event is reported. */
  hangUp(): void {
    this.send({ event: 'stop' })
    this.socket?.close()
    this.release()
  }

  private connect({ id, token, socket_path: path }: { id: string; token: string; socket_path: string }): void {
    const socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}${path}`)
    this.socket = socket
    const streamSid = id.replace('CA', 'MZ')
    socket.onopen = () => this.send({ event: 'start', start: { streamSid, callSid: id, customParameters: { token } } })
    socket.onmessage = ({ data }) => this.onMessage(JSON.parse(data) as ServerMessage)
    socket.onclose = () => {
      if (!this.stopped.signal.aborted) this.fail({ kind: 'unreachable' })
    }
  }

  private onMessage(message: ServerMessage): void {
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
    this.frames = 0
  }

  private readonly onFrame = ({ bytes, peak }: MicrophoneFrame): void => {
    this.events.onPeak('you', this.isMuted ? 0 : peak)
    if (this.frames === undefined) return
    const media = { timestamp: this.frames++ * 20, payload: this.isMuted ? QUIET_FRAME : toBase64(bytes) }
    this.send({ event: 'media', media })
  }

  private readonly onMark = (name: string): void => this.send({ event: 'mark', mark: { name } })

  private readonly onSpeakerPeak = (peak: number): void => this.events.onPeak('agent', peak)

  private send(message: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

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
