import type { Schemas } from '#shared/api/client'

type Call = Pick<Schemas['CallItem'], 'state' | 'engine'>

/** Whether the caller leaves a message: in the daemon's voicemail, or with Twilio's recorder in a fallback. */
export const isVoicemail = ({ state, engine }: Call): boolean => state === 'fallback' || engine === 'voicemail'

/** Whether the daemon has the sound of the call. It has none of a call that only rings or that Twilio alone continues. */
export const canListen = ({ state }: Call): boolean => state === 'live'
