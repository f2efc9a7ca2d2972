import type { Schemas } from '#shared/api/client'

/** Items of lists have no `transferring`. */
type Call = Pick<Schemas['CallItem'], 'state' | 'engine'> & Partial<Pick<Schemas['CallDetail'], 'transferring'>>

/** Whether the caller leaves a message: in the daemon's voicemail, or with Twilio's recorder in a fallback. */
export const isVoicemail = ({ state, engine }: Call): boolean => state === 'fallback' || engine === 'voicemail'

/** Whether the daemon has the sound of the call. It has none of a call that rings, here or at the phone of a transfer. */
export const canListen = ({ state, transferring }: Call): boolean => state === 'live' && !transferring
