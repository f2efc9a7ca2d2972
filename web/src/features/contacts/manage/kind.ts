import { newKey } from '#shared/api/client'
import { type CustomField, refresh, request, type Stage, type Tag } from '../api'

export interface Managed {
  id: number
  /** The version, for `If-Match`. */
  etag: string
}

/** The values that a form edits. */
export interface Named {
  name: string
}

/** A kind of items that the business defines, such as tags. */
export interface Kind<T extends Managed, V extends Named> {
  root: '/api/tags' | '/api/custom-fields' | '/api/lead-stages'
  /** The paths of cached data that contains the items. */
  shownIn: readonly string[]
  valuesOf: (item: T) => V
  bodyOf: (values: V) => object
}

export const TAGS: Kind<Tag, Named> = {
  root: '/api/tags',
  shownIn: ['/api/tags', '/api/contacts'],
  valuesOf: ({ name }) => ({ name }),
  bodyOf: ({ name }) => ({ name: name.trim() }),
}

/** `choices` has a line for each choice. It is used only for a field of the kind `choice`. */
export interface FieldValues extends Named {
  isChoice: boolean
  choices: string
}

export const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean),
  ),
]

export const FIELDS: Kind<CustomField, FieldValues> = {
  root: '/api/custom-fields',
  shownIn: ['/api/custom-fields', '/api/contacts'],
  valuesOf: ({ name, kind, choices }) => ({ name, isChoice: kind === 'choice', choices: choices.join('\n') }),
  bodyOf: ({ name, isChoice, choices }) => ({ name: name.trim(), ...(isChoice && { choices: linesOf(choices) }) }),
}

/** A built-in stage, which has a key, has its original name while `name` is empty. */
export interface StageValues extends Named {
  isBuiltIn: boolean
  outcome: Stage['outcome']
}

export const STAGES: Kind<Stage, StageValues> = {
  root: '/api/lead-stages',
  shownIn: ['/api/lead-stages', '/api/leads'],
  valuesOf: ({ name, key, outcome }) => ({ name: name ?? '', isBuiltIn: key != null, outcome }),
  bodyOf: ({ name, outcome }) => ({ name: name.trim() || null, outcome }),
}

export const change = <T extends Managed, V extends Named>(
  { root }: Kind<T, V>,
  id: number,
  body: object,
  headers: Record<string, string> = {},
) => request<T>('PATCH', `${root}/{id}`, { params: { path: { id } }, body, headers })

export const remove = <T extends Managed, V extends Named>(
  { root }: Kind<T, V>,
  id: number,
  headers: Record<string, string> = {},
) => request('DELETE', `${root}/{id}`, { params: { path: { id } }, headers })

/** Creates a removed item again. Its key is new: with that of the item's creation, the daemon would answer 404. */
export const recreate = <T extends Managed, V extends Named>({ root }: Kind<T, V>, body: object) =>
  request('POST', root, { body, headers: { 'Idempotency-Key': newKey() } })

export const refreshAll = <T extends Managed, V extends Named>({ shownIn }: Kind<T, V>): void => refresh(...shownIn)
