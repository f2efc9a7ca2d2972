import { plural } from '@lingui/core/macro'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconPhoneOutgoing } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useAction } from '#shared/api/action'
import { useNextPages } from '#shared/api/all-pages'
import { client, unwrap } from '#shared/api/client'
import type { ApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { apiPages, apiQuery, queryClient } from '#shared/api/query'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { Name, Time } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { useNow } from '#shared/format/clock'
import { type CallItem, callsOf } from './api'
import { numberOf } from './CallRow'
import { askForEach, isOld, returnableCalls } from './call-back'

/** The maximum number of pages of 200 calls. If there are more calls within 7 days, the oldest ones are not offered. */
const MAX_PAGES = 3

function useRecentCalls(now: Date): CallItem[] | undefined {
  const pages = useInfiniteQuery(apiPages('/api/calls', { query: { limit: 200 } }))
  const { data } = pages
  const oldest = data?.pages.at(-1)?.calls.at(-1)
  useNextPages(
    pages,
    oldest !== undefined && data !== undefined && data.pages.length < MAX_PAGES && !isOld(oldest, now),
  )
  return data && callsOf(data)
}

export function CallBackSeveral() {
  const [isOpen, setOpen] = useState(false)
  const now = useNow()
  const calls = useRecentCalls(now)
  const { data: planned } = useQuery(apiQuery('/api/outbound-calls', { query: { limit: 200 } }))
  const returnable = calls && planned ? returnableCalls(calls, planned.items, now) : []
  if (!isOpen && returnable.length < 2) return null
  return (
    <div className="call-back-several">
      <button className="btn" type="button" onClick={() => setOpen(true)}>
        <Icon icon={IconPhoneOutgoing} />
        <Trans>שהסוכן יחזור לכמה מתקשרים</Trans>
      </button>
      {isOpen && <Choice calls={returnable} onClose={() => setOpen(false)} />}
    </div>
  )
}

/** If the user closes the dialog while calls are being requested, no further calls are requested. */
function Choice({ calls, onClose }: { calls: CallItem[]; onClose: () => void }) {
  const { t } = useLingui()
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const [refused, setRefused] = useState<ReadonlyMap<number, ApiError>>(new Map())
  const [purpose, setPurpose] = useState(t`לחזור אליכם, כי התקשרתם ולא ענינו`)
  const isClosed = useRef(false)
  useEffect(() => {
    isClosed.current = false
    return () => {
      isClosed.current = true
    }
  }, [])
  const picked = calls.filter(({ id }) => chosen.has(id))
  const ask = useAction({
    run: (purpose: string) =>
      askForEach(
        picked.map(({ id }) => id),
        id => unwrap(client.POST('/api/calls', { body: { to: [{ call_id: id }], purpose } })),
        () => isClosed.current,
      ),
    onDone: ({ planned, refused: found, error }) => {
      void queryClient.invalidateQueries({ queryKey: ['/api/outbound-calls'] })
      setRefused(known => new Map([...known, ...found]))
      // If an error ended the requests early, the calls whose request failed or was not sent stay selected, so that the
      // user can submit again.
      setChosen(known => new Set([...known].filter(id => !planned.includes(id) && !found.has(id))))
      if (planned.length > 0 || isClosed.current) {
        // A string, because a toast is rendered with the texts of the shell, which do not include this one.
        toast.done(
          t`${plural(planned.length, {
            0: 'הסוכן לא יחזור לאף מתקשר',
            one: 'הסוכן יחזור למתקשר אחד',
            two: 'הסוכן יחזור לשני מתקשרים',
            other: 'הסוכן יחזור ל־# מתקשרים',
          })}`,
        )
      }
      if (error) toast.error(problemText(error))
      else if (found.size === 0 && !isClosed.current) onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (picked.length === 0 || !purpose.trim() || ask.isPending) return
    ask.mutate(purpose.trim())
  }
  const toggle = (id: number) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  const areAllChosen = picked.length === calls.length
  return (
    <Dialog onClose={onClose} title={<Trans>למי שהסוכן יחזור?</Trans>}>
      <BackCloses close={onClose} />
      <form className="form" onSubmit={submit}>
        <fieldset className="checks" disabled={ask.isPending} aria-label={t`מתקשרים שלא נענו`}>
          <label>
            <input
              type="checkbox"
              data-autofocus
              checked={areAllChosen}
              onChange={() => setChosen(new Set(areAllChosen ? [] : calls.map(({ id }) => id)))}
            />
            <Trans>כולם</Trans>
          </label>
          {calls.map(call => (
            <label key={call.id}>
              <input type="checkbox" checked={chosen.has(call.id)} onChange={() => toggle(call.id)} />
              <span className="grow">
                <Name name={call.contact_name} number={numberOf(call)} />
                {refused.has(call.id) && (
                  <span className="small bad" role="alert">
                    {problemText(refused.get(call.id) as ApiError)}
                  </span>
                )}
              </span>
              <Time at={call.started_at} style="when" className="small muted" />
            </label>
          ))}
        </fieldset>
        <Field
          label={<Trans>למה הסוכן מתקשר?</Trans>}
          help={<Trans>הסוכן אומר את זה במשפט הראשון. הוא מתקשר רק בשעות שקבעתם, ולא בשבת ובחג, לאחד אחרי השני.</Trans>}
          dir="auto"
          value={purpose}
          maxLength={300}
          onChange={event => setPurpose(event.target.value)}
        />
        <button className="btn pen" type="submit" disabled={picked.length === 0 || !purpose.trim() || ask.isPending}>
          <Icon icon={IconPhoneOutgoing} />
          {picked.length === 0 ? (
            <Trans>להתקשר</Trans>
          ) : (
            <Plural value={picked.length} one="להתקשר לאחד" two="להתקשר לשניים" other="להתקשר ל־#" />
          )}
        </button>
      </form>
    </Dialog>
  )
}
