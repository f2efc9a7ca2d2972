import { useRef } from 'react'
import { useLocation } from 'wouter'
import { useShortcuts } from '#shared/keys'
import { commands, navigation } from './registry'

/** How long the key G waits for the second key, in ms. */
const CHORD_MS = 1_200

/** Registers the keys that work on every page. */
export function useAppKeys(openPalette: () => void, openShortcuts: () => void): void {
  const [, go] = useLocation()
  const chord = useRef(Number.NEGATIVE_INFINITY)
  const isAfterG = () => performance.now() - chord.current < CHORD_MS
  useShortcuts([
    { code: 'KeyK', mod: true, run: openPalette },
    { code: 'Slash', shift: true, run: openShortcuts },
    { code: 'Slash', run: openPalette },
    ...navigation.flatMap(({ key, href }) =>
      // Without a preceding G, the letter is a shortcut of the page.
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
