import './contacts.css'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useAllPages } from '#shared/api/all-pages'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useFormat } from '#shared/session'
import { type Lead, type Stage, stagesQuery } from './api'
import { LeadCard } from './LeadCard'
import { useMoveLead } from './lead-actions'
import { stageName, totalOf } from './stages'

/** The first stage is at the start side: on the right in Hebrew. */
export default function LeadsPage() {
  const { t } = useLingui()
  useDocumentTitle(t`לידים`)
  const leads = useAllPages('/api/leads')
  const stages = useQuery(stagesQuery)
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page contacts leads-page">
        <div className="page-head">
          <h1 className="grow">
            <Trans>לידים</Trans>
          </h1>
          <Link className="btn quiet" href="/app/contacts">
            <Trans>לקוחות</Trans>
          </Link>
        </div>
        <Loaded
          query={stages}
          skeleton={<SkeletonRows count={4} height={96} />}
          title={<Trans>הלידים לא נטענו. הם שמורים</Trans>}
        >
          {({ items }) => (
            <Loaded query={leads} skeleton={<SkeletonRows count={4} height={96} />}>
              {found =>
                found.items.length === 0 ? (
                  <EmptyState
                    title={<Trans>עוד אין לידים</Trans>}
                    action={
                      <Link className="btn" href="/app/contacts">
                        <Trans>לבחור לקוח</Trans>
                      </Link>
                    }
                  >
                    <Trans>
                      ליד הוא משהו שלקוח אולי יקנה. מוסיפים אותו בכרטיס של הלקוח, וכאן רואים באיזה שלב כל אחד.
                    </Trans>
                  </EmptyState>
                ) : (
                  <Board stages={items} leads={found.items} />
                )
              }
            </Loaded>
          )}
        </Loaded>
      </main>
    </div>
  )
}

function Board({ stages, leads }: { stages: Stage[]; leads: Lead[] }) {
  const { i18n } = useTexts()
  const format = useFormat()
  const move = useMoveLead(stages)
  const sorted = stages.toSorted((a, b) => a.position - b.position)
  return (
    <div className="board">
      {sorted.map(stage => {
        const own = leads.filter(({ stage_id }) => stage_id === stage.id)
        const total = totalOf(own)
        const name = stageName(stage, text => i18n._(text))
        return (
          <section
            key={stage.id}
            aria-label={name}
            className={`stage-column ${stage.outcome}`}
            onDragOver={event => event.preventDefault()}
            onDrop={event => {
              event.preventDefault()
              const lead = leads.find(({ id }) => id === Number(event.dataTransfer.getData('text/plain')))
              if (lead && lead.stage_id !== stage.id) move.mutate({ lead, stage: stage.id })
            }}
          >
            <h2>
              <bdi>{name}</bdi> <span className="faint num">{own.length}</span>
              {total !== null && <span className="small muted end num">{format.money(total)}</span>}
            </h2>
            {own.length === 0 ? (
              <p className="small faint">
                <Trans>אין לידים בשלב הזה</Trans>
              </p>
            ) : (
              <ul>
                {own.map(lead => (
                  <LeadCard key={lead.id} lead={lead} stages={sorted} move={to => move.mutate({ lead, stage: to })} />
                ))}
              </ul>
            )}
          </section>
        )
      })}
    </div>
  )
}
