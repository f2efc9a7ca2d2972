import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiQuery } from '#shared/api/query'
import { ConnectionError } from '#shared/components/ConnectionError'
import { GatePage } from '#shared/components/GatePage'
import { Link } from '#shared/components/Link'
import { ErrorState } from '#shared/components/states'
import { chooseLocale, type Locale, useLocale } from '#shared/i18n/locale'
import { OwnerForm } from './OwnerForm'

export default function SetupPage() {
  const { t } = useLingui()
  useDocumentTitle(t`הקמה ראשונה`)
  const setup = useQuery({ ...apiQuery('/api/setup'), retry: false })
  const [step, setStep] = useState<'language' | 'owner'>('language')
  if (setup.error) {
    return (
      <GatePage>
        <ErrorState error={setup.error} retry={() => void setup.refetch()} />
      </GatePage>
    )
  }
  if (!setup.data) return null
  if (setup.data.connection_error) return <ConnectionError error={setup.data.connection_error} />
  if (!setup.data.needed) return <AlreadyDone />
  return (
    <GatePage isWide>
      <Steps at={step} />
      {step === 'language' ? <Language onNext={() => setStep('owner')} /> : <OwnerForm />}
    </GatePage>
  )
}

function Steps({ at }: { at: 'language' | 'owner' }) {
  const { t } = useLingui()
  const steps = [t`שפה`, t`בעלים`]
  const current = at === 'language' ? 0 : 1
  return (
    <ol className="row small muted" aria-label={t`שלבים`}>
      {steps.map((name, index) => (
        <li key={name} className={index === current ? 'chip pen' : 'chip'} aria-current={index === current && 'step'}>
          {index + 1} · {name}
        </li>
      ))}
    </ol>
  )
}

function Language({ onNext }: { onNext: () => void }) {
  const locale = useLocale()
  const names: Record<Locale, string> = { he: 'עברית', en: 'English' }
  return (
    <>
      <div>
        <h1>
          <Trans>ברוכים הבאים</Trans>
        </h1>
        <p className="lead">
          <Trans>באיזו שפה יהיה הדף? אפשר להחליף בכל רגע.</Trans>
        </p>
      </div>
      <fieldset className="choices">
        <legend className="vh">
          <Trans>שפה</Trans>
        </legend>
        {(Object.keys(names) as Locale[]).map(one => (
          <label key={one} className="choice" lang={one}>
            <input type="radio" name="language" checked={one === locale} onChange={() => void chooseLocale(one)} />
            {names[one]}
          </label>
        ))}
      </fieldset>
      <button className="btn pen big" type="button" onClick={onNext}>
        <Trans>המשך</Trans>
      </button>
    </>
  )
}

function AlreadyDone() {
  return (
    <GatePage>
      <div>
        <h1>
          <Trans>המכונה כבר הוקמה</Trans>
        </h1>
        <p className="lead">
          <Trans>כבר יש בעלים. אפשר להיכנס.</Trans>
        </p>
      </div>
      <Link className="btn pen big" href="/login">
        <Trans>כניסה</Trans>
      </Link>
    </GatePage>
  )
}
