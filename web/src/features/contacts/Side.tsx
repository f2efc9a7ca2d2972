import { Trans, useLingui } from '@lingui/react/macro'
import { Name, Time } from '#shared/components/text'
import type { ContactDetail } from './api'
import { ContactLeads } from './ContactLeads'
import { ContactTasks } from './ContactTasks'
import type { Erased } from './ErasedContact'
import { Privacy } from './Privacy'
import { UndoMerge } from './UndoMerge'

/** On a phone, what is to be done for the contact is shown before the timeline, which can be long. */
export function Work({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  return (
    <section className="pane facts" aria-label={t`משימות ולידים`}>
      <ContactTasks contact={contact} />
      <ContactLeads contact={contact} />
    </section>
  )
}

interface Props {
  contact: ContactDetail
  /** Whether the tasks and leads are shown elsewhere. */
  isRest: boolean
  onErased: (answer: Erased) => void
}

export function Side({ contact, isRest, onErased }: Props) {
  const { t } = useLingui()
  const inside = isRest ? t`איחודים ופרטיות` : t`משימות, לידים ואיחודים`
  return (
    <aside className="pane side3" aria-label={isRest ? t`איחודים ופרטיות` : t`משימות ולידים`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section className="scroll facts" tabIndex={0} aria-label={inside}>
        {!isRest && <ContactTasks contact={contact} />}
        {!isRest && <ContactLeads contact={contact} />}
        {contact.merged.length > 0 && (
          <section>
            <h2>
              <Trans>אוחדו לכרטיס הזה</Trans>
            </h2>
            <ul>
              {contact.merged.map(merge => (
                <li key={merge.merge_id} className="num-row">
                  <span className="grow">
                    <Name name={merge.contact_name} />
                    <br />
                    <Time at={merge.merged_at} style="date" className="small faint" />
                  </span>
                  <UndoMerge merge={merge} />
                </li>
              ))}
            </ul>
          </section>
        )}
        <Privacy contact={contact} onErased={onErased} />
      </section>
    </aside>
  )
}
