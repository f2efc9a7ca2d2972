import { Trans } from '@lingui/react/macro'
import { IconHelpCircle, IconLanguage, IconTargetArrow } from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Dot, Hidden } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'
import { useSession } from '#shared/session'
import type { CallDetail } from './api'

/** The agent's notes about the call besides the summary. */
export function Noted({ call: { language, lead, questions } }: { call: CallDetail }) {
  const { isOwner } = useSession()
  const foreign = useForeign(language)
  if (!foreign && !lead && questions.length === 0) return null
  const isOpen = questions.some(({ state }) => state === 'open')
  return (
    <section className="noted">
      <h2>
        <Trans>מה הסוכן רשם</Trans>
      </h2>
      <ul>
        {foreign && (
          <li>
            <Icon icon={IconLanguage} />
            <span>
              <Trans>שפת השיחה: {foreign}</Trans>
            </span>
          </li>
        )}
        {lead && (
          <li>
            <Icon icon={IconTargetArrow} />
            <span>
              <Trans>ליד:</Trans> <bdi className="strong">{lead.title}</bdi>
            </span>
          </li>
        )}
        {questions.map(question => (
          <Question key={question.id} question={question} />
        ))}
      </ul>
      <div className="row wrap">
        {lead && (
          <Link className="btn quiet" href="/app/leads">
            <Trans>ללוח הלידים</Trans>
          </Link>
        )}
        {isOpen && isOwner && (
          <Link className="btn quiet" href="/app/settings/facts">
            <Trans>לענות לסוכן</Trans>
          </Link>
        )}
      </div>
    </section>
  )
}

function Question({ question: { question, state } }: { question: Schemas['KnowledgeGap'] }) {
  return (
    <li>
      <Icon icon={IconHelpCircle} />
      <span>
        <Hidden>
          <Trans>שאלה בלי תשובה:</Trans>{' '}
        </Hidden>
        <bdi>{question}</bdi>
        <span className="small muted">
          <Dot />
          {state === 'open' ? (
            <Trans>הסוכן לא ידע לענות</Trans>
          ) : state === 'answered' ? (
            <Trans>כבר יש תשובה</Trans>
          ) : (
            <Trans>לא צריך תשובה</Trans>
          )}
        </span>
      </span>
    </li>
  )
}

/** Null if the language is unknown or the page's language. */
function useForeign(language: string | null | undefined): string | null {
  const locale = useLocale()
  if (!language || language === locale) return null
  return new Intl.DisplayNames([locale], { type: 'language' }).of(language) ?? null
}
