import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, ifMatch, knownEtag, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Ltr } from '#shared/components/text'
import { atNoon, weekOf } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { groupedHours } from './hours'
import { PROGRESS } from './strip/progress'

const PATH = '/api/opening-hours'

/** Shows the hours of a new installation, which an owner can confirm as they are. */
export function ConfirmHours() {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const { data } = useQuery(apiQuery(PATH))
  const confirm = useAction({
    run: (body: NonNullable<typeof data>) => unwrap(client.PUT(PATH, { body, headers: ifMatch(knownEtag(PATH)) })),
    done: () => t`השעות נשמרו`,
    onDone: () => {
      for (const path of [PATH, PROGRESS]) void cache.invalidateQueries({ queryKey: [path] })
    },
  })
  if (!data || data.hours.length === 0) return null
  const names = weekOf(format.day(new Date())).map(date => format.narrowWeekday(atNoon(date)))
  return (
    <section className="confirm-hours">
      <p>
        <Trans>בינתיים רשומות השעות המקובלות:</Trans>
      </p>
      <ul>
        {groupedHours(data.hours).map(({ weekdays, ranges }) => (
          <li key={weekdays.join()}>
            {weekdays.map(weekday => names[weekday]).join(' ')} <Ltr>{ranges}</Ltr>
          </li>
        ))}
      </ul>
      <button className="btn" type="button" disabled={confirm.isPending} onClick={() => confirm.mutate(data)}>
        <Trans>אלה השעות שלנו</Trans>
      </button>
    </section>
  )
}
