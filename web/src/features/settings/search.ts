import type { MessageDescriptor } from '@lingui/core'
import type { IconGlyph } from '#shared/components/Icon'
import { hrefOf, type Item, PARTS, SECTIONS, SETUP, type Section, sectionOf } from './sections'
import { CHOICES } from './words'

type Texts = readonly [title: string, more: string]

/** How Hebrew writes the names of products that the page writes in Latin letters, also after a preposition. */
const IN_LATIN: readonly [RegExp, string][] = [
  [/^[בהוכלמש]?(?:ו?ו?אטסאפ|ווטסאפ|וו?אצאפ|ווצאפ)$/u, 'whatsapp'],
  [/^[בהוכלמש]?טוו?יליו$/u, 'twilio'],
]

const latin = (word: string): string => IN_LATIN.find(([pattern]) => pattern.test(word))?.[1] ?? word

/**
 * Returns the things whose name or other words contain all words of the query. First come those whose name contains
 * the whole query, then those whose name contains all its words, then the others.
 */
export function find<T>(things: readonly T[], query: string, textsOf: (thing: T) => Texts): T[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean).map(latin)
  if (words.length === 0) return []
  const score = (thing: T) => {
    const [title = '', more] = textsOf(thing).map(text => text.toLocaleLowerCase())
    if (!words.every(word => `${title} ${more}`.includes(word))) return 0
    if (title.includes(words.join(' '))) return 3
    return words.every(word => title.includes(word)) ? 2 : 1
  }
  return things
    .map(thing => ({ thing, score: score(thing) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ thing }) => thing)
}

export interface Hit {
  key: string
  title: string
  href: string
  /**
   * The name of the section in which the hit is, and of its group if another hit has the same title; absent if the hit is
   * a section.
   */
  within?: string
  icon?: IconGlyph
}

export function search(
  items: readonly Item[],
  query: string,
  isOwner: boolean,
  textOf: (message: MessageDescriptor) => string,
): Hit[] {
  const allowed = [...SECTIONS, SETUP].filter(({ ownerOnly }) => isOwner || !ownerOnly)
  const named = ({ title, words }: Pick<Section, 'title' | 'words'>): Texts => [
    textOf(title),
    words ? textOf(words) : '',
  ]
  const sections = find(allowed, query, named).map(section => ({
    key: section.id,
    title: textOf(section.title),
    href: hrefOf(section),
    icon: section.icon,
  }))
  const within = (id: string, key: string, title: string, at?: string): Hit[] => {
    const section = allowed.find(one => one.id === id)
    return section ? [{ key, title, href: hrefOf(section, at), within: textOf(section.title) }] : []
  }
  const titles = items.map(({ title }) => title)
  const isRepeated = ({ title }: Item) => titles.indexOf(title) !== titles.lastIndexOf(title)
  const groupOf = (item: Item): string => {
    const group = isRepeated(item) ? CHOICES[item.section] : undefined
    return group ? ` · ${textOf(group)}` : ''
  }
  const parts = PARTS.filter(({ ownerOnly }) => isOwner || !ownerOnly)
  return [
    ...sections,
    ...find(parts, query, named).flatMap(({ section, title, at }) =>
      within(section, `${section}/${at}`, textOf(title), at),
    ),
    ...find(items, query, ({ title, help, key }) => [title, `${help} ${key}`]).flatMap(item =>
      within(sectionOf(item), item.key, item.title, item.key).map(hit => ({
        ...hit,
        within: `${hit.within}${groupOf(item)}`,
      })),
    ),
  ]
}
