// The part of AudioWorkletGlobalScope that the worklets use; TypeScript's libraries do not declare it.
declare const sampleRate: number

declare class AudioWorkletProcessor {
  readonly port: MessagePort
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void
