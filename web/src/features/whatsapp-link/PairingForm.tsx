import { Trans } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { problemText } from '#shared/api/problem-text'
import { Field } from '#shared/components/field'
import { refreshLink } from './refresh'

export function PairingForm({ hasCode }: { hasCode: boolean }) {
  const [phone, setPhone] = useState('')
  const [problem, setProblem] = useState<string>()
  const pair = useAction({ run: () => unwrap(client.POST('/api/whatsapp/bridge/pair')), onDone: refreshLink })
  const ask = useAction({
    run: () => unwrap(client.POST('/api/whatsapp/bridge/pairing-code', { body: { phone } })),
    onDone: refreshLink,
    onError: error => {
      setProblem(problemText(error))
      return true
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setProblem(undefined)
    ask.mutate()
  }
  return (
    <>
      <section className="section">
        <div>
          <button
            className={hasCode ? 'btn' : 'btn pen'}
            type="button"
            disabled={pair.isPending}
            onClick={() => pair.mutate()}
          >
            <Trans>קוד חדש</Trans>
          </button>
        </div>
      </section>
      <section className="section">
        <h2>
          <Trans>או קישור לפי מספר טלפון</Trans>
        </h2>
        <form className="form" onSubmit={submit}>
          <Field
            label={<Trans>מספר הטלפון של חשבון ה־WhatsApp</Trans>}
            type="tel"
            inputMode="tel"
            autoComplete="tel"
            dir="ltr"
            required
            value={phone}
            onChange={event => setPhone(event.target.value)}
            error={problem}
          />
          <button className="btn" type="submit" disabled={ask.isPending}>
            <Trans>קבלת קוד</Trans>
          </button>
        </form>
      </section>
    </>
  )
}
