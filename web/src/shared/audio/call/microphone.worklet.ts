/// <reference path="./globals.d.ts" />
import { encode, FRAME_SAMPLES, SAMPLE_RATE } from '#shared/audio/mulaw'
import { Resampler } from '#shared/audio/resampler'

/** 20 ms of mu-law audio, and its loudest sample (0 to 1). */
export interface MicrophoneFrame {
  bytes: Uint8Array<ArrayBuffer>
  peak: number
}

class Microphone extends AudioWorkletProcessor {
  private readonly resampler = new Resampler(sampleRate, SAMPLE_RATE)
  private frame = new Float32Array(FRAME_SAMPLES)
  private length = 0

  process([input]: Float32Array[][]): boolean {
    const samples = input?.[0]
    if (!samples) return true
    for (const sample of this.resampler.process(samples)) {
      this.frame[this.length++] = sample
      if (this.length === FRAME_SAMPLES) this.send()
    }
    return true
  }

  private send(): void {
    const message: MicrophoneFrame = {
      bytes: encode(this.frame),
      peak: this.frame.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
    }
    this.port.postMessage(message, [message.bytes.buffer])
    this.length = 0
  }
}

registerProcessor('microphone', Microphone)
