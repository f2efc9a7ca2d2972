import { useRef } from 'react'
import { useLocation } from 'wouter'
import { useShortcuts } from '#shared/keys'
import { commands, navigation } from './registry'

/** How long G waits for the second key. */
const CHORD_MS = 1_200

/** The keys that work on every page: the palette, the list of shortcuts, G and a letter, and those of the commands. */
export function useAppKeys(openPalette: () => void, openShortcuts: () => void): void {
  const [, go] = useLocation()
  const chord = useRef(Number.NEGATIVE_INFINITY)
  const isAfterG = () => performance.now() - chord.current < CHORD_MS
  useShortcuts([
    { code: 'KeyK', mod: true, run: openPalette },
    { code: 'Slash', shift: true, run: openShortcuts },
    { code: 'Slash', run: openPalette },
    ...navigation.flatMap(({ key, href }) =>
      // Without G before it the letter belongs to the page.
      key ? [{ code: key, when: isAfterG, run: () => go(href) }] : [],
    ),
    ...commands.flatMap(({ key }) => (key ? [{ code: key, run: () => commandOf(key) }] : [])),
    {
      code: 'KeyG',
      run: () => {
        chord.current = performance.now()
      },
    },
  ])

  function commandOf(key: string): void {
    const command = commands.find(command => command.key === key)
    if (command?.href) go(command.href)
    else command?.run?.()
  }
}
