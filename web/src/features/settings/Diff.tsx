import { Trans } from '@lingui/react/macro'
import { Hidden } from '#shared/components/text'
import { dirOf } from '#shared/format/bidi'
import { diffLines } from './compare'

const SIGNS = { added: '+', removed: '−', same: '' } as const

export function Diff({ before, after }: { before: string; after: string }) {
  return (
    <ol className="diff">
      {diffLines(before, after).map(({ kind, text }, at) => (
        <li key={at} className={kind}>
          <span className="sign" aria-hidden>
            {SIGNS[kind]}
          </span>
          <span className="said" dir={dirOf(text)}>
            {kind === 'added' && (
              <Hidden>
                <Trans>נוסף:</Trans>{' '}
              </Hidden>
            )}
            {kind === 'removed' && (
              <Hidden>
                <Trans>נמחק:</Trans>{' '}
              </Hidden>
            )}
            {text || '\u00A0'}
          </span>
        </li>
      ))}
    </ol>
  )
}
