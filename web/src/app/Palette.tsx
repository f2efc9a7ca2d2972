import { Trans, useLingui } from '@lingui/react/macro'
import { FocusTrap } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { Fragment, type KeyboardEvent, useEffect, useId, useState } from 'react'
import { useLocation } from 'wouter'
import { BackCloses } from '#shared/components/BackCloses'
import { Icon } from '#shared/components/Icon'
import { Marked } from '#shared/components/Marked'
import { Dot, Name, Time } from '#shared/components/text'
import type { PaletteHit } from '#shared/feature'
import { useReturnFocus } from '#shared/opener'
import { useSession } from '#shared/session'
import { useWhenAnswered } from '#shared/when-answered'
import { type Group, usePaletteGroups } from './palette-groups'

export function Palette({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const { t } = useLingui()
  const id = useId()
  const [, go] = useLocation()
  const { isOwner } = useSession()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const { groups, isSearching } = usePaletteGroups(query, isOwner)
  const hits = groups.flatMap(({ hits }) => hits)
  useReturnFocus()
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [at, id])
  const open = (hit: Hit | undefined) => {
    if (!hit) return
    onClose()
    if (hit.run) hit.run()
    else go(hit.href)
  }
  const openFirst = useWhenAnswered(query, !isSearching, () => open(hits[0]))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }
    const move = moves[event.code]
    if (move !== undefined && hits.length > 0) setAt((at + move + hits.length) % hits.length)
    // The first hit can still change while the search runs, so Enter waits for its answer. A hit that the user has
    // chosen with the arrow keys is opened at once.
    else if (event.key === 'Enter') at === 0 ? openFirst() : open(hits[at])
    else if (event.key === 'Escape') onClose()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className="palette-veil" onMouseDown={event => event.target === event.currentTarget && onClose()}>
      <BackCloses close={onClose} />
      <FocusTrap active>
        <div className="palette" role="dialog" aria-modal="true" aria-label={t`חיפוש ופעולות`} onKeyDown={onKeyDown}>
          <div className="q">
            <Icon icon={IconSearch} />
            <input
              data-autofocus
              // biome-ignore lint/a11y/noAutofocus: the focus trap sets the focus too late for a fast typist.
              autoFocus
              role="combobox"
              aria-expanded="true"
              aria-controls={`${id}-list`}
              aria-activedescendant={hits[at] ? `${id}-${at}` : undefined}
              aria-label={t`חיפוש ופעולות`}
              placeholder={t`לקוח, מספר, מילה או פעולה`}
              autoComplete="off"
              value={query}
              onChange={event => {
                setQuery(event.target.value)
                setAt(0)
              }}
            />
            <kbd>Esc</kbd>
          </div>
          {hits.length > 0 ? (
            <Hits id={id} groups={groups} at={at} onOpen={open} />
          ) : (
            <p className="none" role="status">
              {isSearching ? <Trans>מחפשים…</Trans> : <Trans>לא נמצא דבר</Trans>}
            </p>
          )}
          <footer className="desk-only">
            <span>
              <kbd>↑</kbd> <kbd>↓</kbd> <Trans>לבחור</Trans>
            </span>
            <span>
              <kbd>Enter</kbd> <Trans>לפתוח</Trans>
            </span>
            <button
              type="button"
              onClick={() => {
                onClose()
                onShortcuts()
              }}
            >
              <kbd>?</kbd> <Trans>כל הקיצורים</Trans>
            </button>
          </footer>
        </div>
      </FocusTrap>
    </div>
  )
}

type Hit = PaletteHit & { run?: () => void }

function Hits(props: { id: string; groups: readonly Group[]; at: number; onOpen: (hit: Hit) => void }) {
  const { id, groups, at, onOpen } = props
  const { t } = useLingui()
  let index = -1
  return (
    <ul id={`${id}-list`} role="listbox" aria-label={t`תוצאות`}>
      {groups.map(group => (
        <Fragment key={group.id}>
          <li className="grp" role="presentation">
            {group.heading}
          </li>
          {group.hits.map(hit => {
            index += 1
            return (
              <li
                key={`${group.id}${hit.id}`}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                onMouseDown={event => {
                  event.preventDefault()
                  onOpen(hit)
                }}
              >
                <Icon icon={hit.icon} />
                <span className="grow">
                  <span className="clip plain words-line">
                    <Marked text={hit.text} spans={hit.highlights} />
                  </span>
                  {hit.by && (
                    <span className="small muted clip by-line">
                      {(hit.by.name || hit.by.number) && (
                        <>
                          <Name name={hit.by.name} number={hit.by.number ?? null} />
                          <Dot />
                        </>
                      )}
                      <Time at={hit.by.at} style="when" />
                    </span>
                  )}
                </span>
                {hit.keys && (
                  <span className="keys desk-only">
                    {hit.keys.map(key => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </span>
                )}
                {hit.meta && (
                  <bdi dir="ltr" className="small faint">
                    {hit.meta}
                  </bdi>
                )}
              </li>
            )
          })}
        </Fragment>
      ))}
    </ul>
  )
}
