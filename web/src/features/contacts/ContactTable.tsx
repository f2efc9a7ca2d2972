import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMemo, useRef } from 'react'
import { Link } from '#shared/components/Link'
import { More } from '#shared/components/More'
import { Name, Phone, Time } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import { useLongList } from '#shared/long-list'
import type { Contact } from './api'

interface Props {
  contacts: readonly Contact[]
  selected: ReadonlySet<number>
  setSelected: (selected: ReadonlySet<number>) => void
  /** Whether more contacts can be fetched; `more` is undefined while they are being fetched. */
  hasMore: boolean
  more: (() => void) | undefined
}

export function ContactTable({ contacts, selected, setSelected, hasMore, more }: Props) {
  const { t } = useLingui()
  const last = useRef<number | null>(null)
  const shown = useMemo(() => contacts.map(({ id }) => id), [contacts])
  const { ref, parts } = useLongList<HTMLTableSectionElement>({ name: 'contacts', keys: shown, height: 53 })
  const isAll = shown.length > 0 && shown.every(id => selected.has(id))
  const toggle = (id: number, withRange: boolean) => {
    const next = new Set(selected)
    const isOn = !selected.has(id)
    const [from, to] = [shown.indexOf(last.current ?? id), shown.indexOf(id)]
    const ids = withRange && from >= 0 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : [id]
    for (const each of ids) {
      if (isOn) next.add(each)
      else next.delete(each)
    }
    last.current = id
    setSelected(next)
  }
  return (
    <>
      <table className="contact-table" aria-rowcount={hasMore ? -1 : contacts.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className="pick">
              <label className="hit">
                <input
                  type="checkbox"
                  checked={isAll}
                  aria-label={hasMore ? t`בחירת כל מי שנטענו` : t`בחירת כולם`}
                  onChange={() => setSelected(isAll ? new Set() : new Set(shown))}
                />
              </label>
            </th>
            <th scope="col">
              <Trans>שם</Trans>
            </th>
            <th scope="col" className="desk-only">
              <Trans>טלפון</Trans>
            </th>
            <th scope="col" className="tags-cell">
              <Trans>תגיות</Trans>
            </th>
            <th scope="col" className="when-cell">
              <Trans>קשר אחרון</Trans>
            </th>
          </tr>
        </thead>
        <tbody ref={ref}>
          {parts.map(part => {
            if ('gap' in part) {
              return (
                <tr key={part.key} data-gap aria-hidden>
                  {/* Without the other cells: on a phone, some columns are hidden. */}
                  <td style={{ blockSize: part.gap }} />
                </tr>
              )
            }
            const contact = contacts[part.index]
            return (
              contact && (
                <Row
                  key={part.key}
                  contact={contact}
                  index={part.index}
                  isSelected={selected.has(contact.id)}
                  toggle={toggle}
                />
              )
            )
          })}
        </tbody>
      </table>
      {more && (
        <More key={contacts.length} run={more}>
          <Trans>עוד לקוחות</Trans>
        </More>
      )}
    </>
  )
}

interface RowProps {
  contact: Contact
  index: number
  isSelected: boolean
  toggle: (id: number, withRange: boolean) => void
}

function Row({ contact, index, isSelected, toggle }: RowProps) {
  const { t } = useLingui()
  const { id, display_name, number, tags, opted_out, blocked, relation, unread_count, last_activity_at } = contact
  const name = display_name ? isolate(display_name) : t`לקוח בלי שם`
  return (
    <tr aria-rowindex={index + 2} aria-selected={isSelected}>
      <td className="pick">
        <label className="hit">
          <input
            type="checkbox"
            checked={isSelected}
            aria-label={t`${name}, בחירה`}
            onChange={() => undefined}
            onClick={event => toggle(id, event.shiftKey)}
          />
        </label>
      </td>
      <td className="name-cell">
        <Link href={`/app/contacts/${id}`}>
          <span className="name clip">
            <Name name={display_name} number={number ?? null} />
          </span>
          {number && display_name && (
            <span className="phone-only small muted">
              <Phone number={number} />
            </span>
          )}
        </Link>
        {unread_count > 0 && (
          <span className="unread">
            <span className="mark you" />
            <span className="vh">
              <Plural
                value={unread_count}
                one="הודעה אחת שלא נקראה"
                two="שתי הודעות שלא נקראו"
                other="# הודעות שלא נקראו"
              />
            </span>
          </span>
        )}
      </td>
      <td className="desk-only muted">{number && display_name ? <Phone number={number} /> : null}</td>
      <td className="tags-cell">
        <span className="row wrap">
          {relation === 'vip' && (
            <span className="chip">
              <Trans>VIP</Trans>
            </span>
          )}
          {relation === 'staff' && (
            <span className="chip">
              <Trans>צוות</Trans>
            </span>
          )}
          {blocked && (
            <span className="chip warn">
              <Trans>חסום</Trans>
            </span>
          )}
          {opted_out && (
            <span className="chip warn">
              <Trans>לא לשלוח</Trans>
            </span>
          )}
          {tags.map(tag => (
            <span key={tag.id} className="chip">
              <bdi className="clip" title={tag.name}>
                {tag.name}
              </bdi>
            </span>
          ))}
        </span>
      </td>
      <td className="when-cell small faint">{last_activity_at && <Time at={last_activity_at} style="when" />}</td>
    </tr>
  )
}
