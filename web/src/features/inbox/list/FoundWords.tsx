import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Marked } from '#shared/components/Marked'
import { Duration, Name, Time } from '#shared/components/text'
import { HIT_ICONS, type SearchHit, snippetOf } from '#shared/search'
import { numberOf } from '../model/person'
import { contactQuery } from '../queries'

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

/** A hit has no number, which stands for a missing name. */
function HitName({ hit: { contact_id, contact_name } }: { hit: SearchHit }) {
  const { data } = useQuery({ ...contactQuery(contact_id), enabled: !contact_name })
  return <Name name={contact_name || data?.display_name} number={data ? numberOf(data) : null} />
}

function Found({ hit }: { hit: SearchHit }) {
  const { text, spans } = snippetOf(hit)
  return (
    <li>
      <Link className="thread found-word" href={hit.link}>
        <Icon icon={HIT_ICONS[hit.kind]} size="s" />
        <span className="name clip">
          <HitName hit={hit} />
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
