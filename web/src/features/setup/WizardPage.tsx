import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconCheck } from '@tabler/icons-react'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useLocation, useParams } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Hidden } from '#shared/components/text'
import { useSession } from '#shared/session'
import { StepBody } from './StepBody'
import {
  type Facts,
  isDone,
  nextStep,
  STEPS,
  type StepId,
  useFacts,
  useFailedChecks,
  useSettingItems,
  useSkip,
} from './steps'
import './setup.css'

/** Each step can be skipped, and the set-up can continue on another device. */
export default function WizardPage() {
  const { t } = useLingui()
  useDocumentTitle(t`הקמה`)
  const { isOwner } = useSession()
  if (!isOwner) {
    return (
      <main className="page narrow">
        <EmptyState heading="h1" title={<Trans>רק לבעלי העסק</Trans>}>
          <Trans>ההקמה משנה את ההגדרות של העסק. אפשר לבקש מבעלי העסק להמשיך בה.</Trans>
        </EmptyState>
      </main>
    )
  }
  return <OwnerWizard />
}

/** Its requests are refused to other users. */
function OwnerWizard() {
  const query = useSettingItems()
  const facts = useFacts()
  const { step } = useParams<{ step?: string }>()
  return (
    <div className="page-scroll" tabIndex={-1}>
      <Loaded query={query} skeleton={<SkeletonRows count={6} />}>
        {() => facts && <Wizard facts={facts} step={STEPS.find(({ id }) => id === step)?.id ?? nextStep(facts)} />}
      </Loaded>
    </div>
  )
}

function Wizard({ facts, step }: { facts: Facts; step: StepId }) {
  const { i18n } = useTexts()
  const { t } = useLingui()
  const [, go] = useLocation()
  const at = STEPS.findIndex(({ id }) => id === step)
  const next = STEPS[at + 1]?.id
  const before = STEPS[at - 1]?.id
  const onward = () => go(next ? `/app/setup/${next}` : '/app')
  const failed = useFailedChecks(facts)
  // The user can leave a step with a problem: an address, for example, may work everywhere except in its own network.
  const done = isDone(step, facts)
  const isSkipped = facts.skipped.has(step)
  // Every business has a greeting: to continue without another one keeps it.
  const canContinue = done || isSkipped || step === 'greeting'
  const skip = useSkip()
  const leave = () => {
    skip.mutate({ step, skipped: true })
    onward()
  }
  /** The step whose input is not saved yet. Then its own button is the primary one. */
  const [typing, setTyping] = useState<StepId>()
  const main = useRef<HTMLElement>(null)
  useFocusOnStep(main, step)
  return (
    <div className="wizard">
      <nav aria-label={t`שלבי ההקמה`}>
        <ol className="wizard-steps">
          {STEPS.map(({ id, title }, index) => {
            const outcome = isDone(id, facts) ? 'done' : facts.skipped.has(id) ? 'skipped' : ''
            // A step with a failed check shows its number instead of a check mark, beside the text that a problem was
            // found.
            const state = id === step ? 'now' : failed.has(id) ? '' : outcome
            return (
              <li key={id} className={state}>
                <Link href={`/app/setup/${id}`} aria-current={id === step ? 'step' : undefined}>
                  <span className="b" aria-hidden>
                    {state === 'done' ? <Icon icon={IconCheck} size="s" /> : index + 1}
                  </span>
                  <span className="name">
                    {i18n._(title)}
                    {state === 'done' && (
                      <Hidden>
                        {' '}
                        <Trans>נבדק</Trans>
                      </Hidden>
                    )}
                    {failed.has(id) && (
                      <span className="small bad">
                        <Dot />
                        <Trans>נמצאה בעיה</Trans>
                      </span>
                    )}
                    {state === 'skipped' && (
                      <span className="small faint">
                        <Dot />
                        <Trans>דילגתם</Trans>
                      </span>
                    )}
                  </span>
                </Link>
              </li>
            )
          })}
        </ol>
      </nav>
      <main ref={main}>
        <div className="wizard-at">
          <span className="small muted">
            <Trans>
              שלב {at + 1} מתוך {STEPS.length}
            </Trans>
          </span>
          <Link className="btn quiet phone-only" href="/app">
            <Trans>להמשיך אחר כך</Trans>
          </Link>
          <progress value={at + 1} max={STEPS.length} aria-hidden />
        </div>
        <StepBody
          key={step}
          step={step}
          facts={facts}
          failed={failed.get(step)}
          onward={onward}
          onTyping={isTyping => setTyping(isTyping ? step : undefined)}
        />
        <div className="wizard-foot">
          {before && (
            <Link className="btn quiet" href={`/app/setup/${before}`}>
              <Trans>חזרה</Trans>
            </Link>
          )}
          <span className={`grow small muted ${canContinue ? 'kept' : 'why'}`}>
            {canContinue ? (
              <Trans>נשמר בכל שלב. אפשר להמשיך אחר כך, גם מהטלפון.</Trans>
            ) : (
              <Trans>ממשיכים כשהשלב הזה מוכן. אפשר גם לחזור אליו אחר כך.</Trans>
            )}
          </span>
          {!done && isSkipped && (
            <button
              className="btn quiet"
              type="button"
              disabled={skip.isPending}
              onClick={() => skip.mutate({ step, skipped: false })}
            >
              <Trans>לבטל את הדילוג</Trans>
            </button>
          )}
          {canContinue ? (
            <button
              className={typing === step ? 'btn big' : 'btn pen big'}
              type="button"
              onClick={done || isSkipped ? onward : leave}
            >
              {next ? <Trans>המשך</Trans> : <Trans>סיימתי</Trans>}
            </button>
          ) : (
            <button className="btn big" type="button" onClick={leave}>
              <Trans>לדלג בינתיים</Trans>
            </button>
          )}
        </div>
      </main>
    </div>
  )
}

/** A step that replaces another one takes the focus at its heading, which a screen reader then reads. */
function useFocusOnStep(main: RefObject<HTMLElement | null>, step: StepId) {
  const shown = useRef(step)
  useEffect(() => {
    if (shown.current === step) return
    shown.current = step
    main.current?.querySelector('h1')?.focus()
  }, [main, step])
}
