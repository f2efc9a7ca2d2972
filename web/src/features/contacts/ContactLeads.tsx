import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useAllPages } from '#shared/api/all-pages'
import { Link } from '#shared/components/Link'
import { useFormat } from '#shared/session'
import { type ContactDetail, type Lead, type Stage, stagesQuery } from './api'
import { LeadForm } from './LeadForm'
import { useMoveLead } from './lead-actions'
import { stageName } from './stages'

export function ContactLeads({ contact }: { contact: ContactDetail }) {
  const leads = useAllPages('/api/leads', { contact_id: contact.id }).data?.items ?? []
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
        {leads.map(lead => (
          <LeadLine key={lead.id} lead={lead} stages={stages} />
        ))}
      </ul>
      <LeadForm contactId={contact.id} />
    </section>
  )
}

function LeadLine({ lead, stages }: { lead: Lead; stages: readonly Stage[] }) {
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
    </li>
  )
}
