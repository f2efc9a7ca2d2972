import { useLingui as useTexts } from '@lingui/react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { patchItems, useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { Dot } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import { type Stage, stagesQuery } from '../api'
import { defaultName, stageName } from '../stages'
import { ESCAPE_STAYS } from './ItemForm'
import { change, recreate, refreshAll, STAGES, type StageValues } from './kind'
import { type DialogState, ManagedDialog } from './ManagedDialog'
import { NewItem } from './NewItem'
import { type Move, moved, positionOfNew } from './order'

export function StageManager(dialog: DialogState) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const query = useQuery(stagesQuery)
  const outcomes = useOutcomes()
  const nameOf = (stage: Stage) => stageName(stage, text => i18n._(text))
  const inUse = <Trans>יש לידים בשלב הזה. קודם מעבירים אותם לשלב אחר, בלוח, ואז מסירים אותו.</Trans>
  return (
    <ManagedDialog<Stage, StageValues>
      {...dialog}
      title={<Trans>שלבי הלידים</Trans>}
      lead={<Trans>אלה השלבים שליד עובר בדרך למכירה. ליד חדש מתחיל בראשון.</Trans>}
      kind={STAGES}
      query={query}
      form={{
        taken: <Trans>אי אפשר לשמור את השם הזה.</Trans>,
        show: stage => (
          <>
            <bdi className="strong">{nameOf(stage)}</bdi>, {outcomes[stage.outcome]}
          </>
        ),
        emptyName: stage => defaultName(stage, text => i18n._(text)),
        isComplete: ({ name, isBuiltIn }) => isBuiltIn || name.trim() !== '',
        extra: (values, set) => <Outcome values={values} set={set} />,
      }}
      nameOf={nameOf}
      detail={({ outcome, lead_count }) => (
        <>
          <Plural value={lead_count} _0="אין לידים" one="ליד אחד" two="שני לידים" other="# לידים" />
          {outcome !== '' && (
            <>
              <Dot />
              {outcomes[outcome]}
            </>
          )}
        </>
      )}
      aside={(stage, stages) => <Order stage={stage} stages={stages} name={nameOf(stage)} />}
      removal={(stage, stages) => ({
        done: t`השלב ״${isolate(nameOf(stage))}״ הוסר`,
        undo: () => recreate(STAGES, { name: nameOf(stage), outcome: stage.outcome, position: stage.position }),
        ...(stages.length === 1 && { refusal: <Trans>זה השלב היחיד, ולידים צריכים שלב אחד לפחות.</Trans> }),
        ...(stage.lead_count > 0 && { refusal: inUse }),
      })}
      inUse={inUse}
      add={
        <NewItem
          kind={STAGES}
          label={<Trans>שלב חדש</Trans>}
          more={{ position: positionOfNew(query.data?.items ?? []) }}
          taken={<Trans>יש כבר 50 שלבים. קודם מסירים אחד.</Trans>}
        />
      }
    />
  )
}

function useOutcomes(): Record<Stage['outcome'], string> {
  const { t } = useLingui()
  return { '': t`עוד פתוח`, won: t`נסגר בהצלחה`, lost: t`לא יצא לפועל` }
}

function Outcome({ values, set }: { values: StageValues; set: (values: StageValues) => void }) {
  const outcomes = useOutcomes()
  return (
    <div className="labelled">
      <label className="lb" htmlFor="managed-outcome">
        <Trans>ליד בשלב הזה</Trans>
      </label>
      <select
        id="managed-outcome"
        className="field"
        value={values.outcome}
        {...ESCAPE_STAYS}
        onChange={event => set({ ...values, outcome: event.target.value as Stage['outcome'] })}
      >
        {Object.entries(outcomes).map(([outcome, label]) => (
          <option key={outcome} value={outcome}>
            {label}
          </option>
        ))}
      </select>
    </div>
  )
}

interface OrderProps {
  stage: Stage
  stages: readonly Stage[]
  name: string
}

function Order({ stage, stages, name }: OrderProps) {
  const { t } = useLingui()
  // Sent without a version: a move states the target positions, and the next move may start before the response arrives.
  const send = async (moves: readonly Move[]) => {
    for (const { id, position } of moves) await change(STAGES, id, { position })
  }
  const move = useAction({
    scope: 'lead-stages',
    run: send,
    patches: moves => [
      patchItems<Stage>(['/api/lead-stages'], items =>
        items
          .map(item => ({ ...item, position: moves.find(({ id }) => id === item.id)?.position ?? item.position }))
          .toSorted((a, b) => a.position - b.position || a.id - b.id),
      ),
    ],
    onDone: () => refreshAll(STAGES),
    onError: () => void refreshAll(STAGES),
  })
  const [up, down] = [moved(stages, stage.id, -1), moved(stages, stage.id, 1)]
  return (
    <>
      <button
        className="btn quiet icon"
        type="button"
        aria-label={t`להקדים את ${isolate(name)}`}
        disabled={up.length === 0}
        onClick={() => move.mutate(up)}
      >
        <Icon icon={IconArrowUp} size="s" />
      </button>
      <button
        className="btn quiet icon"
        type="button"
        aria-label={t`לאחר את ${isolate(name)}`}
        disabled={down.length === 0}
        onClick={() => move.mutate(down)}
      >
        <Icon icon={IconArrowDown} size="s" />
      </button>
    </>
  )
}
