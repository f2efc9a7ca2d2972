import type { MicrophoneFrame } from './microphone.worklet'
import microphoneUrl from './microphone.worklet.ts?worker&url'
import type { SpeakerCommand, SpeakerOptions, SpeakerReport } from './speaker.worklet'
import speakerUrl from './speaker.worklet.ts?worker&url'

export interface DeviceEvents {
  /** `peak` is the loudest sample. */
  onFrame: (frame: MicrophoneFrame) => void
  /** Called when a mark was played, or dropped by `clear`. */
  onMark: (name: string) => void
  /** Called with the loudest sample of the loudspeaker in the last 20 ms. */
  onSpeakerPeak: (peak: number) => void
  /** Called when the microphone was unplugged or is no longer permitted. It then delivers only silence. */
  onLost?: () => void
}

export class Devices {
  private readonly stream: MediaStream
  private readonly context: AudioContext
  private readonly speaker: AudioWorkletNode
  private readonly events: DeviceEvents
  /** Marks that the worklet has reached, but whose audio is still delayed by the output latency. */
  private onTheWay: { name: string; timer: ReturnType<typeof setTimeout> }[] = []
  private greeting: AudioBufferSourceNode | undefined

  private constructor(stream: MediaStream, context: AudioContext, events: DeviceEvents, options: SpeakerOptions) {
    this.stream = stream
    this.context = context
    this.events = events
    const microphone = new AudioWorkletNode(context, 'microphone', { numberOfOutputs: 0, channelCount: 1 })
    microphone.port.onmessage = ({ data }: MessageEvent<MicrophoneFrame>) => events.onFrame(data)
    context.createMediaStreamSource(stream).connect(microphone)
    for (const track of stream.getAudioTracks()) track.onended = () => events.onLost?.()
    this.speaker = new AudioWorkletNode(context, 'speaker', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: options,
    })
    this.speaker.port.onmessage = ({ data }: MessageEvent<SpeakerReport>) => this.reported(data)
    this.speaker.connect(context.destination)
  }

  /** Call this function in a click handler: browsers start audio only then. */
  static async open(events: DeviceEvents, signal: AbortSignal, options: SpeakerOptions = {}): Promise<Devices> {
    const context = new AudioContext({ latencyHint: 'interactive' })
    const opened: MediaStream[] = []
    try {
      void context.resume()
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
      })
      opened.push(stream)
      await Promise.all([context.audioWorklet.addModule(microphoneUrl), context.audioWorklet.addModule(speakerUrl)])
      signal.throwIfAborted()
      return new Devices(stream, context, events, options)
    } catch (reason) {
      for (const track of opened.flatMap(stream => stream.getTracks())) track.stop()
      void context.close()
      throw reason
    }
  }

  play(bytes: Uint8Array<ArrayBuffer>): void {
    this.command({ play: bytes }, [bytes.buffer])
  }

  mark(name: string): void {
    this.command({ mark: name })
  }

  /** The dropped marks are reported at once. */
  clear(): void {
    this.command({ clear: true })
  }

  /** A file that cannot be played is skipped. */
  async playGreeting(url: string): Promise<void> {
    try {
      const response = await fetch(url)
      const audio = await this.context.decodeAudioData(await response.arrayBuffer())
      const source = new AudioBufferSourceNode(this.context, { buffer: audio })
      this.greeting = source
      source.connect(this.context.destination)
      await new Promise(resolve => {
        source.onended = resolve
        source.start()
      })
    } catch {
      // A greeting that fails must not prevent the conversation.
    }
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop()
    for (const { timer } of this.onTheWay) clearTimeout(timer)
    this.onTheWay = []
    this.greeting?.stop()
    void this.context.close()
  }

  private command(command: SpeakerCommand, transfer: Transferable[] = []): void {
    this.speaker.port.postMessage(command, transfer)
  }

  private reported(report: SpeakerReport): void {
    if ('peak' in report) this.events.onSpeakerPeak(report.peak)
    else if ('reached' in report) for (const name of report.reached) this.markReached(name)
    else this.dropped(report.dropped)
  }

  private markReached(name: string): void {
    // Both latencies are missing or 0 in browsers that do not report them.
    const latency = this.context.outputLatency || this.context.baseLatency || 0
    const timer = setTimeout(() => {
      this.onTheWay.shift()
      this.events.onMark(name)
    }, latency * 1000)
    this.onTheWay.push({ name, timer })
  }

  private dropped(names: readonly string[]): void {
    const all = [...this.onTheWay.map(({ name }) => name), ...names]
    for (const { timer } of this.onTheWay) clearTimeout(timer)
    this.onTheWay = []
    for (const name of all) this.events.onMark(name)
  }
}
