import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Field } from '#shared/components/field'
import { Ltr, Phone } from '#shared/components/text'
import { fullNumber } from '#shared/format/phone'
import { useCountry } from '#shared/session'
import { CallProof } from './CallProof'
import { BEZEQ, dialled, FORWARDING, numbersQuery } from './steps'

const MEANINGS = {
  '61': msg`כשלא עונים`,
  '67': msg`כשהקו תפוס`,
  '62': msg`כשהטלפון כבוי או בלי קליטה`,
  '21': msg`תמיד, בלי לצלצל אצלכם`,
} as const

/** For businesses that keep their existing number. */
export function Forwarding({ own }: { own: string }) {
  const { i18n } = useTexts()
  const { t } = useLingui()
  const country = useCountry()
  const [mobile, fixed] = [useId(), useId()]
  const [typed, setTyped] = useState('')
  const existing = fullNumber(typed, country)
  const numbers = useQuery({ ...numbersQuery, enabled: false })
  const number = numbers.data?.items.find(one => one.points_here)?.number ?? own
  return (
    <details className="wizard-more">
      <summary>
        <Trans>נשארים עם המספר הקיים שלכם?</Trans>
      </summary>
      {number ? (
        <>
          <p>
            <Trans>מחייגים פעם אחת מהטלפון של העסק, והשיחות יעברו לסוכן:</Trans>
          </p>
          <h2 id={mobile}>
            <Trans>טלפון נייד: פלאפון, סלקום, פרטנר, הוט מובייל, גולן ואחרים</Trans>
          </h2>
          <table className="wizard-codes" aria-labelledby={mobile}>
            <thead>
              <tr>
                <th scope="col">
                  <Trans>מתי להעביר</Trans>
                </th>
                <th scope="col">
                  <Trans>הפעלה</Trans>
                </th>
                <th scope="col">
                  <Trans>ביטול</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {FORWARDING.map(code => (
                <tr key={code}>
                  <th scope="row">{i18n._(MEANINGS[code])}</th>
                  <td>
                    <Ltr className="code">{`*${code}*${dialled(number, country)}#`}</Ltr>
                  </td>
                  <td>
                    <Ltr className="code">{`##${code}#`}</Ltr>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="small muted">
            <Trans>
              אלה הקודים שנקבעו לכל הרשתות הסלולריות. אם המפעיל לא מקבל אותם, מבקשים ממנו להפעיל הפניית שיחות בקו.
            </Trans>
          </p>
          {country === 'IL' && (
            <>
              <h2 id={fixed}>
                <Trans>קו נייח של בזק</Trans>
              </h2>
              <table className="wizard-codes" aria-labelledby={fixed}>
                <tbody>
                  <tr>
                    <th scope="row">{i18n._(MEANINGS['21'])}</th>
                    <td>
                      <Ltr className="code">{`${BEZEQ.on}${dialled(number, country)}`}</Ltr>
                    </td>
                    <td>
                      <Ltr className="code">{BEZEQ.off}</Ltr>
                    </td>
                  </tr>
                </tbody>
              </table>
              <p className="small muted">
                <Trans>
                  אחרי הקוד מקישים את המספר ומחכים להודעה שההפניה פועלת. בקו נייח של הוט, סלקום, פרטנר ואחרים,
                  ובמרכזייה, הקודים אחרים: שואלים את המפעיל.
                </Trans>
              </p>
            </>
          )}
          <Field
            label={<Trans>המספר הקיים של העסק</Trans>}
            help={<Trans>לפיו בודקים שהשיחה באמת הופנתה ממנו</Trans>}
            error={typed.trim() && !existing ? t`חסרות ספרות, או שזה לא מספר טלפון` : undefined}
            value={typed}
            dir="ltr"
            type="tel"
            inputMode="tel"
            autoComplete="tel"
            placeholder={t`050-1234567`}
            onChange={event => setTyped(event.target.value)}
          />
          {existing && existing === number ? (
            <p className="err" role="status">
              <Trans>זה המספר שכבר מפנה לכאן. צריך את המספר שהלקוחות מכירים.</Trans>
            </p>
          ) : (
            existing && (
              <CallProof key={existing} forwardedBy={existing}>
                <Trans>
                  עכשיו התקשרו אל <Phone number={existing} /> מטלפון אחר, ואל תענו. אם ההפניה עובדת, השיחה תופיע כאן.
                </Trans>
              </CallProof>
            )
          )}
        </>
      ) : (
        <p className="muted">
          <Trans>קודם מפנים לכאן מספר אחד. אחר כך יופיעו כאן הקודים שמעבירים אליו את השיחות.</Trans>
        </p>
      )}
    </details>
  )
}
