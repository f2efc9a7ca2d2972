import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { record } from './useMicrophone'

/** A recorder that delivers its sound like the browser's: when it is stopped, or when its microphone is unplugged. */
class Recorder {
  state = 'inactive'
  mimeType = 'audio/webm'
  ondataavailable: (event: { data: Blob }) => void = () => {}
  onstop: () => void = () => {}

  constructor() {
    recorders.push(this)
  }

  start() {
    this.state = 'recording'
  }

  stop() {
    if (this.state === 'inactive') throw new Error('the recorder is inactive')
    this.state = 'inactive'
    this.ondataavailable({ data: new Blob(['hello']) })
    this.onstop()
  }
}

const recorders: Recorder[] = []

class Context {
  createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: () => {} })
  createMediaStreamSource = () => ({ connect: () => {} })
  close = () => {}
}

beforeEach(() => {
  recorders.splice(0)
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: async () => ({ getTracks: () => [] }) } })
  vi.stubGlobal('MediaRecorder', Recorder)
  vi.stubGlobal('AudioContext', Context)
})

afterEach(() => vi.unstubAllGlobals())

it('a recording that the user ends has its sound', async () => {
  const recording = await record(() => {})
  expect(await (await recording.finish()).text()).toBe('hello')
})

it('a recording whose microphone is unplugged keeps its sound', async () => {
  const recording = await record(() => {})
  recorders[0]?.stop()
  expect(await (await recording.finish()).text()).toBe('hello')
})
