import { Trans, useLingui } from '@lingui/react/macro'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Hidden, Ltr, Phone } from '#shared/components/text'
import { numbersQuery } from './steps'

const refresh = () => void queryClient.invalidateQueries({ queryKey: numbersQuery.queryKey })

/** Without a public address, no number can be directed here. */
export function Numbers({ hasAddress }: { hasAddress: boolean }) {
  const query = useQuery(numbersQuery)
  return (
    <section>
      <h2>
        <Trans>המספרים בחשבון</Trans>
      </h2>
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={2} height={66} />}
        title={<Trans>רשימת המספרים לא התקבלה מ־Twilio</Trans>}
      >
        {({ items }) =>
          items.length > 0 && !hasAddress ? (
            <>
              <p>
                <Trans>
                  כדי להפנות לכאן מספר צריך קודם כתובת שמתחילה ב־<Ltr>https</Ltr>, שאליה Twilio תפנה.
                </Trans>{' '}
                <Link href="/app/setup/address">
                  <Trans>לכתובת</Trans>
                </Link>
              </p>
              <ul className="entries">
                {items.map(({ sid, number }) => (
                  <li key={sid} className="strong">
                    <Phone number={number} />
                  </li>
                ))}
              </ul>
            </>
          ) : items.length === 0 ? (
            <p className="muted">
              <Trans>אין מספרים בחשבון. קונים מספר באתר של Twilio, וחוזרים לכאן.</Trans>
            </p>
          ) : (
            <ul className="wizard-checks">
              {items.map(number => (
                <NumberLine key={number.sid} number={number} isOnly={items.length === 1} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}

/** With several numbers, none of them is the primary choice. */
function NumberLine({ number, isOnly }: { number: Schemas['TwilioNumber']; isOnly: boolean }) {
  const { t } = useLingui()
  const params = { path: { sid: number.sid } }
  const undo = useAction({
    run: () => unwrap(client.POST('/api/twilio/numbers/{sid}/webhooks/undo', { params })),
    done: () => t`ההפניה הקודמת חזרה`,
    onDone: refresh,
  })
  const point = useAction({
    run: () => unwrap(client.POST('/api/twilio/numbers/{sid}/webhooks', { params })),
    done: () => t`השיחות למספר מגיעות עכשיו לכאן`,
    undo: () => undo.mutateAsync(),
    onDone: refresh,
  })
  const isHere = number.points_here
  return (
    <li className={isHere ? 'ok' : 'error'}>
      <span className="ci">
        <Icon icon={isHere ? IconCheck : IconX} size="s" />
      </span>
      <div className="grow">
        <p className="strong">
          <Phone number={number.number} />
        </p>
        <p className="small muted">
          <Where number={number} />
        </p>
      </div>
      {!isHere && (
        <button
          className={isOnly ? 'btn pen' : 'btn'}
          type="button"
          disabled={point.isPending}
          onClick={() => point.mutate()}
        >
          <Trans>להפנות לכאן</Trans>
          <Hidden>
            {' '}
            <Phone number={number.number} />
          </Hidden>
        </button>
      )}
      {number.can_undo && isHere && (
        <button className="btn quiet" type="button" disabled={undo.isPending} onClick={() => undo.mutate()}>
          <Trans>להחזיר את ההפניה הקודמת</Trans>
        </button>
      )}
    </li>
  )
}

function Where({ number }: { number: Schemas['TwilioNumber'] }) {
  switch (number.calls_go_to) {
    case 'here':
      return number.points_here ? (
        <Trans>השיחות מגיעות לכאן</Trans>
      ) : (
        <Trans>השיחות מגיעות לכאן, אבל לא הדיווח על סיומן</Trans>
      )
    case 'nowhere':
      return <Trans>השיחות לא מופנות לשום מקום</Trans>
    default:
      return (
        <Trans>
          השיחות עוד לא מגיעות לכאן: <Ltr>{number.webhooks.voice_url || number.calls_go_to}</Ltr>
        </Trans>
      )
  }
}
