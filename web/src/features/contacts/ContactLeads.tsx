import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAllPages } from '#shared/api/all-pages'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { isolate } from '#shared/format/bidi'
import { useOpenItems } from '#shared/open-items'
import { useFormat } from '#shared/session'
import { type ContactDetail, type Lead, type Stage, stagesQuery } from './api'
import { LeadEditor } from './LeadEditor'
import { LeadForm } from './LeadForm'
import { useMoveLead } from './lead-actions'
import { stageName } from './stages'

export function ContactLeads({ contact }: { contact: ContactDetail }) {
  const leads = useAllPages('/api/leads', { contact_id: contact.id }).data?.items
  const [open, setOpen] = useState<number | null>(null)
  const { rows, isGone } = useOpenItems(leads, ({ id }) => id === open)
  const stages = useQuery(stagesQuery).data?.items ?? []
  return (
    <section>
      <div className="sub">
        <h2>
          <Trans>לידים</Trans>
        </h2>
        <Link className="btn link" href="/app/leads">
          <Trans>ללוח</Trans>
        </Link>
      </div>
      <ul>
        {rows.map(lead =>
          lead.id === open ? (
            <li key={lead.id}>
              <LeadEditor lead={lead} isGone={isGone(lead)} close={() => setOpen(null)} />
            </li>
          ) : (
            <LeadLine key={lead.id} lead={lead} stages={stages} edit={() => setOpen(lead.id)} />
          ),
        )}
      </ul>
      <LeadForm contactId={contact.id} />
    </section>
  )
}

function LeadLine({ lead, stages, edit }: { lead: Lead; stages: readonly Stage[]; edit: () => void }) {
  const { i18n } = useTexts()
  const { t } = useLingui()
  const format = useFormat()
  const move = useMoveLead(stages)
  return (
    <li className="lead-line">
      <span className="grow">
        <bdi className="strong">{lead.title}</bdi>
        {lead.value_minor != null && <span className="muted num"> {format.money(lead.value_minor)}</span>}
      </span>
      <select
        className="field"
        aria-label={t`השלב של ${lead.title}`}
        value={lead.stage_id}
        onChange={event => move.mutate({ lead, stage: Number(event.target.value) })}
      >
        {stages.map(stage => (
          <option key={stage.id} value={stage.id}>
            {stageName(stage, text => i18n._(text))}
          </option>
        ))}
      </select>
      <button className="btn quiet icon" type="button" aria-label={t`שינוי הליד ${isolate(lead.title)}`} onClick={edit}>
        <Icon icon={IconPencil} size="s" />
      </button>
    </li>
  )
}
