// The parts of AudioWorkletGlobalScope that the worklets use. TypeScript's libraries do not declare them.
declare const sampleRate: number

declare class AudioWorkletProcessor {
  readonly port: MessagePort
}

declare function registerProcessor(
  name: string,
  processor: new (options: AudioWorkletNodeOptions) => AudioWorkletProcessor,
): void
