// Functions to build and read WhatsApp's binary nodes.
import { randomBytes } from 'node:crypto'
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, S_WHATSAPP_NET } from 'baileys'

/** Attributes of a node; undefined ones are omitted. */
export type Attributes = Record<string, string | undefined>

export function stanza(tag: string, attributes: Attributes = {}, content?: BinaryNode['content']): BinaryNode {
  const attrs: BinaryNode['attrs'] = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) attrs[name] = value
  return content === undefined ? { tag, attrs } : { tag, attrs, content }
}

export function serverQuery(id: string, content: BinaryNode[], xmlns?: string): BinaryNode {
  return stanza('iq', { from: S_WHATSAPP_NET, type: 'set', id, t: seconds(), xmlns }, content)
}

export const child = (node: BinaryNode | undefined, tag: string): BinaryNode | undefined =>
  getBinaryNodeChild(node, tag)

export const children = (node: BinaryNode | undefined, tag: string): BinaryNode[] => getBinaryNodeChildren(node, tag)

export const inner = (node: BinaryNode | undefined): BinaryNode[] => (Array.isArray(node?.content) ? node.content : [])

/** Returns the bytes inside a node. Throws if there are none, which is an error of the client. */
export function bytesOf(node: BinaryNode | undefined): Buffer {
  const content = node?.content
  if (content instanceof Uint8Array) return Buffer.from(content)
  if (typeof content === 'string') return Buffer.from(content)
  throw new Error(`no bytes in <${node?.tag ?? 'missing node'}>`)
}

export const unsigned = (bytes: Uint8Array): number => Buffer.from(bytes).readUIntBE(0, bytes.length)

export function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes
}

export const seconds = (): string => String(Math.floor(Date.now() / 1000))

/** In the format of WhatsApp Web's ids. */
export const newMessageId = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`

/** Returns the digits of a phone number, a JID or a similar text. */
export const digitsOf = (text: string): string => text.replace(/[:@].*$/, '').replace(/\D/g, '')
