import { Trans } from '@lingui/react/macro'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Marked } from '#shared/components/Marked'
import { Duration, Name, Time } from '#shared/components/text'
import { HIT_ICONS, type SearchHit, snippetOf } from '#shared/search'

interface Props {
  hits: readonly SearchHit[]
  /** Loads more hits; undefined if all are loaded, or while more are being loaded. */
  more: (() => void) | undefined
}

export function FoundWords({ hits, more }: Props) {
  if (hits.length === 0) return null
  return (
    <section className="found-words">
      <h2>
        <Trans>בתוך שיחות והערות</Trans>
      </h2>
      <ul>
        {hits.map(hit => (
          <Found key={`${hit.kind}-${hit.id}`} hit={hit} />
        ))}
      </ul>
      {more && (
        <button className="btn" type="button" onClick={more}>
          <Trans>עוד תוצאות</Trans>
        </button>
      )}
    </section>
  )
}

function Found({ hit }: { hit: SearchHit }) {
  const { text, spans } = snippetOf(hit)
  return (
    <li>
      <Link className="thread found-word" href={hit.link}>
        <Icon icon={HIT_ICONS[hit.kind]} size="s" />
        <span className="name clip">
          <Name name={hit.contact_name} number={hit.contact_number ?? null} />
        </span>
        <Time at={hit.at} style="when" className="when" />
        <span className="said">
          <span className="plain">
            <Marked text={text} spans={spans} />
          </span>
          {hit.offset_ms != null && (
            <span className="small faint end">
              <Duration ms={hit.offset_ms} />
            </span>
          )}
        </span>
      </Link>
    </li>
  )
}
