import { Trans } from '@lingui/react/macro'
import { IconCheck, IconMicrophone } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Schemas } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Ltr, Phone } from '#shared/components/text'
import { GreetingEditor } from '#shared/greeting/GreetingEditor'
import { CallProof } from './CallProof'
import { ConfirmHours } from './ConfirmHours'
import { Findings } from './Findings'
import { Forwarding } from './Forwarding'
import { Numbers } from './Numbers'
import { SettingFields } from './SettingField'
import { type Facts, hasAddress, isDone, numbersQuery, type StepId } from './steps'

interface Props {
  step: StepId
  facts: Facts
  /** The result of the check of the saved values, if they do not work. */
  failed: Schemas['CheckResponse'] | undefined
  /** Opens the next step. */
  onward: () => void
  /** Called when the step has input that is not saved, or no longer has any. */
  onTyping: (isTyping: boolean) => void
}

function Head({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <>
      <h1 tabIndex={-1}>{title}</h1>
      <p className="lead">{children}</p>
    </>
  )
}

export function StepBody({ step, facts, failed, onward, onTyping }: Props) {
  const get = (key: string) => facts.items.get(key)
  // Until the user types, the result is that of the saved values.
  const [checkedInput, setChecked] = useState<Schemas['CheckResponse'] | null>()
  const isSaved = checkedInput === undefined
  const answer = checkedInput ?? undefined
  const shown = isSaved ? failed : answer
  const fields = { isDone: isDone(step, facts), onTyping }
  const checked = { ...fields, onChecked: setChecked }
  switch (step) {
    case 'name':
      return (
        <>
          <Head title={<Trans>איך קוראים לעסק</Trans>}>
            <Trans>הסוכן מציג את עצמו בשם הזה, והשם מופיע בראש הדף.</Trans>
          </Head>
          <SettingFields items={[get('business.name')]} isExplained onSaved={onward} {...fields} />
        </>
      )
    case 'address':
      return (
        <>
          <Head title={<Trans>כתובת מאובטחת</Trans>}>
            <Trans>
              Twilio והדפדפן צריכים כתובת שמתחילה ב־<Ltr>https</Ltr>. בכתובת <Ltr>http</Ltr> רגילה הדפדפן לא נותן
              מיקרופון, והדף לא מקבל סיסמאות מרשת אחרת.
            </Trans>
          </Head>
          <SettingFields items={[get('http.public_base_url')]} check="address" {...checked} />
          <Findings answer={shown} isSaved={isSaved} />
          <p>
            <Link href="/app/settings/address?setup=address">
              <Trans>שם דומיין ותעודה אוטומטית</Trans>
            </Link>
          </p>
        </>
      )
    case 'phone':
      return (
        <>
          <Head title={<Trans>הטלפון של העסק</Trans>}>
            <Trans>מזינים את פרטי Twilio, ואנחנו בודקים שהכול עובד לפני ששומרים.</Trans>
          </Head>
          <SettingFields
            items={[get('twilio.account_sid'), get('twilio.auth_token')]}
            check="twilio"
            {...checked}
            isDone={get('twilio.auth_token')?.secret_set ?? false}
          />
          <Findings answer={answer} />
          {get('twilio.auth_token')?.secret_set && <Numbers hasAddress={hasAddress(facts)} />}
          <Forwarding own={String(get('twilio.phone_number')?.value ?? '')} />
        </>
      )
    case 'whatsapp':
      return (
        <>
          <Head title={<>WhatsApp</>}>
            <Trans>סורקים קוד אחד עם הטלפון של העסק, והודעות הלקוחות מגיעות גם לכאן.</Trans>
          </Head>
          <p className="strong" role="status">
            {isDone('whatsapp', facts) && !failed ? <Trans>מחובר.</Trans> : <Trans>עוד לא מחובר.</Trans>}
          </p>
          <Findings answer={failed} isSaved />
          {failed && (
            <p>
              <Link href="/app/setup/phone">
                <Trans>לפרטים של Twilio</Trans>
              </Link>
            </p>
          )}
          <Link className={fields.isDone ? 'btn' : 'btn pen'} href="/app/whatsapp?setup=whatsapp">
            {isDone('whatsapp', facts) ? <Trans>לדף החיבור</Trans> : <Trans>לסריקת הקוד</Trans>}
          </Link>
        </>
      )
    case 'ai':
      return (
        <>
          <Head title={<Trans>מפתח AI</Trans>}>
            <Trans>בלי מפתח הסוכן לא מדבר, והמתקשרים משאירים הודעה. המפתח נבדק לפני שהוא נשמר.</Trans>
          </Head>
          <SettingFields items={[get('openai.api_key')]} check="ai" {...checked} />
          <Findings answer={shown} isSaved={isSaved} />
        </>
      )
    case 'greeting':
      return <Greeting />
    case 'business':
      return <Business facts={facts} />
    case 'agent':
      return <Talk hasTried={facts.hasTried} hasKey={isDone('ai', facts)} />
    case 'call':
      return <CallNow saved={String(get('twilio.phone_number')?.value ?? '')} />
  }
}

function Greeting() {
  return (
    <>
      <Head title={<Trans>ברכת פתיחה</Trans>}>
        <Trans>עד 10 שניות בקול שלכם, שכל מתקשר שומע לפני הסוכן. אפשר גם להשאיר את זו שבאה עם המערכת.</Trans>
      </Head>
      <GreetingEditor />
      <p>
        <Link href="/app/settings/agent?setup=greeting">
          <Trans>מה הסוכן אומר אחרי הברכה</Trans>
        </Link>
      </p>
    </>
  )
}

function Business({ facts }: { facts: Facts }) {
  const lines = [
    { href: '/app/settings/hours', done: facts.hasHours, name: <Trans>שעות הפתיחה</Trans> },
    { href: '/app/settings/services', done: facts.hasServices, name: <Trans>שירותים ומחירים</Trans> },
    { href: '/app/settings/resources', done: undefined, name: <Trans>עובדים ועמדות</Trans> },
    { href: '/app/settings/facts', done: undefined, name: <Trans>מה עוד הסוכן צריך לדעת</Trans> },
  ]
  return (
    <>
      <Head title={<Trans>שעות ושירותים</Trans>}>
        <Trans>לפיהם הסוכן עונה על מחירים וקובע תורים. מספיק שירות אחד כדי להתחיל.</Trans>
      </Head>
      <ul className="entries">
        {lines.map(({ href, done, name }) => (
          <li key={href}>
            <span className="grow strong">{name}</span>
            {done !== undefined && (
              <span className={done ? 'chip ok' : 'chip'}>{done ? <Trans>יש</Trans> : <Trans>עוד אין</Trans>}</span>
            )}
            <Link className="btn" href={`${href}?setup=business`}>
              <Trans>עריכה</Trans>
            </Link>
          </li>
        ))}
      </ul>
      {!facts.hasHours && <ConfirmHours />}
    </>
  )
}

function CallNow({ saved }: { saved: string }) {
  const numbers = useQuery({ ...numbersQuery, enabled: saved === '' })
  const own = saved || numbers.data?.items.find(number => number.points_here)?.number
  const hasNoAccount = numbers.error !== null && asApiError(numbers.error).code === 'twilio_not_configured'
  const hasNoNumber = !own && (hasNoAccount || numbers.data !== undefined)
  return (
    <>
      <Head title={<Trans>להתקשר עכשיו</Trans>}>
        {own ? (
          <Trans>
            התקשרו אל <Phone number={own} /> מכל טלפון. כאן תראו את הצלצול, ואת המילים בזמן שהן נאמרות.
          </Trans>
        ) : (
          <Trans>התקשרו למספר של העסק מכל טלפון. כאן תראו את הצלצול, ואת המילים בזמן שהן נאמרות.</Trans>
        )}
      </Head>
      <CallProof>
        {hasNoNumber ? <Trans>עוד לא חובר מספר טלפון, ולכן אין לאן להתקשר.</Trans> : <Trans>מחכים לשיחה…</Trans>}
      </CallProof>
      {hasNoNumber && (
        <Link className="btn pen" href="/app/setup/phone">
          <Trans>לחיבור מספר</Trans>
        </Link>
      )}
    </>
  )
}

function Talk({ hasTried, hasKey }: { hasTried: boolean; hasKey: boolean }) {
  return (
    <>
      <Head title={<Trans>לדבר עם הסוכן</Trans>}>
        <Trans>
          שיחת ניסיון מהדפדפן: שואלים כמו לקוח, ושומעים מה הוא עונה לפי השעות, השירותים ומה שכתבתם. שום דבר ממנה לא
          נשמר.
        </Trans>
      </Head>
      <p className={hasTried ? 'link-state ok' : 'link-state'} role="status">
        <Icon icon={hasTried ? IconCheck : IconMicrophone} />
        {hasTried ? <Trans>הסוכן ענה בשיחת ניסיון.</Trans> : <Trans>הסוכן עוד לא ענה בשיחת ניסיון.</Trans>}
      </p>
      {hasKey ? (
        <Link className={hasTried ? 'btn' : 'btn pen'} href="/app/try?from=setup">
          <Trans>לדבר עם הסוכן מהדפדפן</Trans>
        </Link>
      ) : (
        <p>
          <Link href="/app/setup/ai">
            <Trans>קודם צריך מפתח AI</Trans>
          </Link>
        </p>
      )}
    </>
  )
}
