export class SpeakerQueue {
  private pieces: (Float32Array | string)[] = []
  private played = 0
  private queued = 0
  private readonly most: number

  /** `most`: the maximum number of queued samples. Beyond it, the oldest audio is dropped to keep the delay short. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.most = most
  }

  play(samples: Float32Array): void {
    if (samples.length === 0) return
    this.pieces.push(samples)
    this.queued += samples.length
    if (this.queued > this.most) this.catchUp()
  }

  /** Drops the oldest audio until at most a quarter of the maximum is queued. Marks are kept. */
  private catchUp(): void {
    this.played = 0
    this.pieces = this.pieces.filter(piece => {
      if (typeof piece === 'string' || this.queued <= this.most / 4) return true
      this.queued -= piece.length
      return false
    })
  }

  mark(name: string): void {
    this.pieces.push(name)
  }

  /** Returns the marks that were dropped. */
  clear(): string[] {
    const marks = this.pieces.filter(piece => typeof piece === 'string')
    this.pieces = []
    this.played = 0
    this.queued = 0
    return marks
  }

  /** Pads the audio with silence. Returns the marks that were reached. */
  fill(output: Float32Array): string[] {
    const reached: string[] = []
    let at = 0
    for (;;) {
      const piece = this.pieces[0]
      if (typeof piece === 'string') {
        reached.push(piece)
        this.pieces.shift()
        continue
      }
      if (!piece || at === output.length) break
      const count = Math.min(output.length - at, piece.length - this.played)
      output.set(piece.subarray(this.played, this.played + count), at)
      at += count
      this.played += count
      if (this.played === piece.length) {
        this.pieces.shift()
        this.queued -= piece.length
        this.played = 0
      }
    }
    output.fill(0, at)
    return reached
  }
}
