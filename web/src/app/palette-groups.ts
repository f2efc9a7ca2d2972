import { useLingui as useTexts } from '@lingui/react'
import { useLingui } from '@lingui/react/macro'
import { useEffect, useState } from 'react'
import type { PaletteHit } from '#shared/feature'
import { commands, navigation, providers } from './registry'

/** Hits under one heading. */
export interface Group {
  id: string
  heading: string
  hits: readonly (PaletteHit & { run?: () => void })[]
}

/** How long the typing must pause before the daemon is asked. */
const PAUSE_MS = 120

/** Where the query stands in the text, without regard to case; None if it does not. */
export function matchOf(text: string, query: string): [number, number] | undefined {
  const wanted = query.trim().toLowerCase()
  const at = text.toLowerCase().indexOf(wanted)
  return wanted && at >= 0 ? [at, at + wanted.length] : undefined
}

/** The results for what is typed: the features' hits, then pages and actions. Old hits stay while new ones are fetched. */
export function usePaletteGroups(query: string, isOwner: boolean): Group[] {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const [found, setFound] = useState<readonly { id: string; hits: PaletteHit[] }[]>([])
  useEffect(() => {
    const asked = new AbortController()
    const timer = setTimeout(
      async () => {
        const answers = providers.map(async ({ id, search }) => ({
          id,
          hits: await search(query.trim(), asked.signal).catch(() => []),
        }))
        const all = await Promise.all(answers)
        if (!asked.signal.aborted) setFound(all)
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
  const actions = commands.filter(({ ownerOnly }) => isOwner || !ownerOnly)
  const known = new Set(actions.map(({ href }) => href))
  const hits = [...actions, ...pages.filter(({ href }) => !known.has(href))].flatMap(action => {
    const text = i18n._(action.label)
    const match = matchOf(text, query)
    if (query.trim() && !match) return []
    const run = 'run' in action ? action.run : undefined
    return [{ id: action.id, icon: action.icon, text, highlights: match && [match], href: action.href ?? '', run }]
  })
  groups.push({ id: 'actions', heading: t`פעולות`, hits: hits as Group['hits'] })
  return groups.filter(({ hits }) => hits.length > 0)
}
