import './contacts.css'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconSettings } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAllPages } from '#shared/api/all-pages'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { deferred, useHasBeen } from '#shared/deferred'
import { isKept } from '#shared/draft'
import { useOpenItems } from '#shared/open-items'
import { useFormat } from '#shared/session'
import { type Lead, type Stage, stagesQuery } from './api'
import { LeadCard } from './LeadCard'
import { draftOf, LeadEditor } from './LeadEditor'
import { useMoveLead } from './lead-actions'
import { stageName, totalOf } from './stages'

const StageManager = deferred(async () => (await import('./manage/StageManager')).StageManager)

/** The first stage is at the start side: on the right in Hebrew. */
export default function LeadsPage() {
  const { t } = useLingui()
  useDocumentTitle(t`לידים`)
  const leads = useAllPages('/api/leads')
  const stages = useQuery(stagesQuery)
  const [isManaged, setManaged] = useState(false)
  const hasBeenManaged = useHasBeen(isManaged)
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
          <button className="btn quiet" type="button" onClick={() => setManaged(true)}>
            <Icon icon={IconSettings} size="s" />
            <Trans>שלבים</Trans>
          </button>
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
        {hasBeenManaged && <StageManager isOpen={isManaged} onClose={() => setManaged(false)} />}
      </main>
    </div>
  )
}

function Board({ stages, leads }: { stages: Stage[]; leads: Lead[] }) {
  const { i18n } = useTexts()
  const format = useFormat()
  const move = useMoveLead(stages)
  // The form stays in its column if another user moves the lead meanwhile, so that it keeps its input.
  const [open, setOpen] = useState<Pick<Lead, 'id' | 'stage_id'> | null>(
    () => leads.find(({ id }) => isKept(draftOf(id))) ?? null,
  )
  const { rows, isGone } = useOpenItems(leads, ({ id }) => id === open?.id)
  const sorted = stages.toSorted((a, b) => a.position - b.position)
  return (
    <div className="board">
      {sorted.map(stage => {
        const own = rows.filter(({ id, stage_id }) => (id === open?.id ? open.stage_id : stage_id) === stage.id)
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
                {own.map(lead =>
                  lead.id === open?.id ? (
                    <li key={lead.id}>
                      <LeadEditor lead={lead} isGone={isGone(lead)} close={() => setOpen(null)} />
                    </li>
                  ) : (
                    <LeadCard
                      key={lead.id}
                      lead={lead}
                      stages={sorted}
                      move={to => move.mutate({ lead, stage: to })}
                      edit={() => setOpen(lead)}
                    />
                  ),
                )}
              </ul>
            )}
          </section>
        )
      })}
    </div>
  )
}
