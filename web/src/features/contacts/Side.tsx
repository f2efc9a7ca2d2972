import { Trans, useLingui } from '@lingui/react/macro'
import { Name, Time } from '#shared/components/text'
import type { ContactDetail } from './api'
import { ContactLeads } from './ContactLeads'
import { ContactTasks } from './ContactTasks'
import type { Erased } from './ErasedContact'
import { Privacy } from './Privacy'
import { UndoMerge } from './UndoMerge'

export function Side({ contact, onErased }: { contact: ContactDetail; onErased: (answer: Erased) => void }) {
  const { t } = useLingui()
  return (
    <aside className="pane side3" aria-label={t`משימות ולידים`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section className="scroll facts" tabIndex={0} aria-label={t`משימות, לידים ואיחודים`}>
        <ContactTasks contact={contact} />
        <ContactLeads contact={contact} />
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
