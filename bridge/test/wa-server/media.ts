// WhatsApp's media encryption (AES-256-CBC and a truncated HMAC), and the key of re-upload requests.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { aesDecryptGCM, aesEncryptGCM, hkdf, proto } from 'baileys'

/** The kinds of media that users send. */
export const MEDIA_KINDS = ['image', 'audio', 'video', 'document', 'sticker'] as const

export type MediaKind = (typeof MEDIA_KINDS)[number]

/** The kinds of encrypted files, including history files. */
export type Encrypted = MediaKind | 'history'

const INFO: Record<Encrypted, string> = {
  image: 'WhatsApp Image Keys',
  audio: 'WhatsApp Audio Keys',
  video: 'WhatsApp Video Keys',
  document: 'WhatsApp Document Keys',
  sticker: 'WhatsApp Image Keys',
  history: 'WhatsApp History Keys',
}
const MAC_LENGTH = 10

/** An encrypted file and its description in a message. */
export interface EncryptedMedia {
  file: Buffer
  mediaKey: Buffer
  fileSha256: Buffer
  fileEncSha256: Buffer
  fileLength: number
}

export const sha256Of = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

export function encryptMedia(plain: Uint8Array, kind: Encrypted): EncryptedMedia {
  const mediaKey = randomBytes(32)
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  const file = Buffer.concat([body, macOf(macKey, iv, body)])
  return { file, mediaKey, fileSha256: sha256Of(plain), fileEncSha256: sha256Of(file), fileLength: plain.length }
}

/** Throws if the key is wrong or the file was changed. */
export function decryptMedia(file: Buffer, mediaKey: Uint8Array, kind: Encrypted): Buffer {
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind)
  const body = file.subarray(0, -MAC_LENGTH)
  if (!macOf(macKey, iv, body).equals(file.subarray(-MAC_LENGTH))) throw new Error('the media file is not authentic')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  return Buffer.concat([decipher.update(body), decipher.final()])
}

/** Encrypts the answer to a request to upload a file again. */
export function encryptReupload(
  notification: proto.IMediaRetryNotification,
  mediaKey: Uint8Array,
  id: string,
): { ciphertext: Buffer; iv: Buffer } {
  const iv = randomBytes(12)
  const plain = proto.MediaRetryNotification.encode(notification).finish()
  return { ciphertext: aesEncryptGCM(plain, reuploadKey(mediaKey), iv, Buffer.from(id)), iv }
}

/** Returns the id of the message whose file is requested again. */
export function decryptReuploadRequest(ciphertext: Buffer, iv: Buffer, mediaKey: Uint8Array, id: string): string {
  const plain = aesDecryptGCM(ciphertext, reuploadKey(mediaKey), iv, Buffer.from(id))
  return proto.ServerErrorReceipt.decode(plain).stanzaId ?? ''
}

const reuploadKey = (mediaKey: Uint8Array) =>
  hkdf(Buffer.from(mediaKey), 32, { info: 'WhatsApp Media Retry Notification' })

function keysOf(mediaKey: Uint8Array, kind: Encrypted) {
  const keys = Buffer.from(hkdf(Buffer.from(mediaKey), 112, { info: INFO[kind] }))
  return { iv: keys.subarray(0, 16), cipherKey: keys.subarray(16, 48), macKey: keys.subarray(48, 80) }
}

const macOf = (key: Buffer, iv: Buffer, body: Buffer): Buffer =>
  createHmac('sha256', key).update(iv).update(body).digest().subarray(0, MAC_LENGTH)
