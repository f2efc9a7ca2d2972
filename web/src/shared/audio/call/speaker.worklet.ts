/// <reference path="./globals.d.ts" />
import { decode, SAMPLE_RATE } from '#shared/audio/mulaw'
import { Resampler } from '#shared/audio/resampler'
import { SpeakerQueue } from './speaker-queue'

export type SpeakerCommand = { play: Uint8Array<ArrayBuffer> } | { mark: string } | { clear: true }

/** The marks that were reached, the marks that a `clear` dropped, or the loudest sample of 20 ms. */
export type SpeakerReport = { reached: string[] } | { dropped: string[] } | { peak: number }

export interface SpeakerOptions {
  /**
   * The maximum duration of queued audio, in ms. Beyond it, the oldest audio is dropped, which keeps the delay of a
   * conversation between people short. Without it, all audio is kept, as for the agent.
   */
  maxDelayMs?: number
}

class Speaker extends AudioWorkletProcessor {
  private resampler = new Resampler(SAMPLE_RATE, sampleRate)
  private readonly queue: SpeakerQueue
  private peak = 0
  private measured = 0

  constructor({ processorOptions }: { processorOptions?: SpeakerOptions }) {
    super()
    this.queue = new SpeakerQueue((processorOptions?.maxDelayMs ?? Number.POSITIVE_INFINITY) * (sampleRate / 1000))
    this.port.onmessage = ({ data }: MessageEvent<SpeakerCommand>) => this.obey(data)
  }

  process(_: Float32Array[][], [output]: Float32Array[][]): boolean {
    const [first, ...others] = output ?? []
    if (!first) return true
    const reached = this.queue.fill(first)
    for (const other of others) other.set(first)
    if (reached.length > 0) this.report({ reached })
    this.measure(first)
    return true
  }

  private obey(command: SpeakerCommand): void {
    if ('play' in command) this.queue.play(this.resampler.process(decode(command.play)))
    else if ('mark' in command) this.queue.mark(command.mark)
    else {
      this.resampler = new Resampler(SAMPLE_RATE, sampleRate)
      this.report({ dropped: this.queue.clear() })
    }
  }

  private measure(samples: Float32Array): void {
    for (const sample of samples) this.peak = Math.max(this.peak, Math.abs(sample))
    this.measured += samples.length
    if (this.measured < sampleRate / 50) return
    this.report({ peak: this.peak })
    this.peak = 0
    this.measured = 0
  }

  private report(report: SpeakerReport): void {
    this.port.postMessage(report)
  }
}

registerProcessor('speaker', Speaker)
