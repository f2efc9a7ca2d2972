import { FRAME_SAMPLES, SILENCE, toBase64 } from '#shared/audio/mulaw'

/** A frame of silence, in base64. Not for worklets, which have no `btoa`. */
export const QUIET_FRAME = toBase64(new Uint8Array(FRAME_SAMPLES).fill(SILENCE))
