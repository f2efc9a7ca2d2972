import type { Schemas } from '#shared/api/client'

export type Tool = Schemas['AgentTool']
export type Parameter = Schemas['ToolParameter']
export type ParameterType = Schemas['ParameterType']

export interface ParameterDraft {
  key: number
  name: string
  type: ParameterType
  description: string
  required: boolean
  /** The allowed values of a text, separated by commas. */
  choices: string
}

/** The stored value is never shown. */
export interface HeaderDraft {
  key: number
  name: string
  value: string
  isStored: boolean
  /** Whether a value was typed that this browser must not keep, so that it has to be typed again. */
  isLost?: boolean
}

export interface Draft {
  name: string
  description: string
  method: Schemas['ToolMethod']
  url: string
  parameters: readonly ParameterDraft[]
  headers: readonly HeaderDraft[]
  limit: string
  enabled: boolean
}

let lastKey = 0

export function newParameter(): ParameterDraft {
  return { key: ++lastKey, name: '', type: 'string', description: '', required: true, choices: '' }
}

export function newHeader(): HeaderDraft {
  return { key: ++lastKey, name: '', value: '', isStored: false }
}

export function draftOf(tool?: Tool): Draft {
  if (!tool) {
    return {
      name: '',
      description: '',
      method: 'GET',
      url: 'https://',
      parameters: [],
      headers: [],
      limit: '8',
      enabled: true,
    }
  }
  const { name, description, method, url, enabled } = tool
  return {
    name,
    description,
    method,
    url,
    enabled,
    limit: String(tool.time_limit_s),
    parameters: tool.parameters.map(it => ({
      ...it,
      key: ++lastKey,
      choices: (it.choices ?? []).join(', '),
      required: it.required ?? true,
    })),
    headers: tool.headers.map(it => ({ key: ++lastKey, name: it.name, value: '', isStored: it.value_set })),
  }
}

/** What may be stored in the browser. Without `url`, the address was not changed. */
export type KeptDraft = Omit<Draft, 'url'> & { url?: string }

/**
 * Removes what may be a secret: the values of headers, and the parts of an address that can contain a key. An address that ends
 * with «?» and a header with `isLost` must be completed before the tool can be saved.
 */
export const withoutSecrets = ({ url, ...draft }: Draft, stored: Draft): KeptDraft => ({
  ...draft,
  headers: draft.headers.map(header => ({
    ...header,
    value: '',
    ...(header.value.trim() !== '' && { isStored: false, isLost: true }),
  })),
  ...(url !== stored.url && { url: /\/\/[^/?]*@/.test(url) ? '' : url.replace(/\?.*/s, '?') }),
})

/** The keys of stored rows are from an earlier page, and new rows could have the same ones. */
export const restored = (kept: KeptDraft, stored: Draft): Draft => ({
  ...kept,
  url: kept.url ?? stored.url,
  parameters: kept.parameters.map(it => ({ ...it, key: ++lastKey })),
  headers: kept.headers.map(it => ({ ...it, key: ++lastKey })),
})

export function bodyOf(draft: Draft): Schemas['CreateAgentToolRequest'] {
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    method: draft.method,
    url: draft.url.trim(),
    parameters: draft.parameters.map(({ name, type, description, required, choices }) => ({
      name: name.trim(),
      type,
      description: description.trim(),
      required,
      choices: type === 'string' ? choicesOf(choices) : [],
    })),
    headers: draft.headers.map(({ name, value }) => ({
      name: name.trim(),
      ...(value.trim() && { value: value.trim() }),
    })),
    time_limit_s: Number(draft.limit),
    enabled: draft.enabled,
  }
}

const choicesOf = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map(choice => choice.trim())
      .filter(Boolean),
  ),
]

export const isName = (text: string): boolean => /^[a-z][a-z0-9_]{2,40}$/.test(text.trim())
export const isParameterName = (text: string): boolean => /^[a-z][a-z0-9_]{0,40}$/.test(text.trim())
export const isLimit = (text: string): boolean =>
  /^\d{1,2}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 15

/** Whether the query of an address is missing. */
export const isCut = (url: string): boolean => url.trim().endsWith('?')

/** The daemon checks the rest. */
export function isComplete(draft: Draft): boolean {
  return (
    isName(draft.name) &&
    draft.description.trim() !== '' &&
    /^https?:\/\/./.test(draft.url.trim()) &&
    !isCut(draft.url) &&
    isLimit(draft.limit) &&
    draft.parameters.every(({ name, description }) => isParameterName(name) && description.trim() !== '') &&
    draft.headers.every(({ name, value, isStored }) => name.trim() !== '' && (isStored || value.trim() !== ''))
  )
}

/** Omits empty texts. A text that is no number stays a text, so that the answer shows the error for the agent. */
export function argumentsOf(parameters: readonly Parameter[], texts: Readonly<Record<string, string>>) {
  const values: Record<string, string | number | boolean> = {}
  for (const { name, type } of parameters) {
    const text = texts[name]?.trim() ?? ''
    if (!text) continue
    const number = Number(text)
    if (type === 'boolean') values[name] = text === 'true'
    else values[name] = type === 'string' || !Number.isFinite(number) ? text : number
  }
  return values
}
