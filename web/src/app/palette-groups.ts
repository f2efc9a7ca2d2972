import { useLingui as useTexts } from '@lingui/react'
import { useLingui } from '@lingui/react/macro'
import { useEffect, useState } from 'react'
import type { PaletteHit } from '#shared/feature'
import { letterOf } from '#shared/keys'
import { MIN_SEARCH, matchOf } from '#shared/search'
import { commands, navigation, providers } from './registry'

export interface Group {
  id: string
  heading: string
  hits: readonly (PaletteHit & { run?: () => void })[]
}

/** The debounce time of the search, in ms. */
const PAUSE_MS = 120

/** First the features' hits, then pages and actions. The previous hits are shown until the new ones arrive. */
export function usePaletteGroups(query: string, isOwner: boolean): { groups: Group[]; isSearching: boolean } {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const [found, setFound] = useState<readonly { id: string; hits: PaletteHit[] }[]>([])
  const [answered, setAnswered] = useState('')
  useEffect(() => {
    const asked = new AbortController()
    const timer = setTimeout(
      async () => {
        const answers = providers.map(async ({ id, search }) => ({
          id,
          hits: await search(query.trim(), asked.signal).catch(() => []),
        }))
        const all = await Promise.all(answers)
        if (asked.signal.aborted) return
        setFound(all)
        setAnswered(query)
      },
      query ? PAUSE_MS : 0,
    )
    return () => {
      clearTimeout(timer)
      asked.abort()
    }
  }, [query])
  const groups: Group[] = providers.map(({ id, heading }) => ({
    id,
    heading: i18n._(heading),
    hits: found.find(answer => answer.id === id)?.hits ?? [],
  }))
  const pages = navigation.map(({ label, icon, href }) => ({ id: href, label, icon, href }))
  const keysOf = new Map(navigation.flatMap(({ href, key }) => (key ? [[href, ['G', letterOf(key)]] as const] : [])))
  const actions = commands.filter(({ ownerOnly }) => isOwner || !ownerOnly)
  const known = new Set(actions.map(({ href }) => href))
  const hits = [...actions, ...pages.filter(({ href }) => !known.has(href))].flatMap(action => {
    const text = i18n._(action.label)
    const match = matchOf(text, query)
    if (query.trim() && !match) return []
    const run = 'run' in action ? action.run : undefined
    return [
      {
        id: action.id,
        icon: action.icon,
        text,
        highlights: match && [match],
        href: action.href ?? '',
        run,
        keys: keysOf.get(action.href ?? ''),
      },
    ]
  })
  const isSearching = answered !== query
  // The offers, such as a new contact, follow the actions, so that Enter opens an action whose name was typed.
  const offers = isSearching || query.trim().length < MIN_SEARCH ? [] : offersFor(query.trim())
  groups.push({ id: 'actions', heading: t`פעולות`, hits: [...hits, ...offers] as Group['hits'] })
  return { groups: groups.filter(({ hits }) => hits.length > 0), isSearching }

  function offersFor(words: string): PaletteHit[] {
    return providers.flatMap(({ id, whenNone }) => {
      if (!whenNone || found.find(answer => answer.id === id)?.hits.length) return []
      const text = `${i18n._(whenNone.label)}: ${words}`
      return [{ id: `${id}-new`, icon: whenNone.icon, text, href: whenNone.href(words) }]
    })
  }
}
