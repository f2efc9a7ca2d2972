import { Trans, useLingui } from '@lingui/react/macro'
import { patch, useAction } from '#shared/api/action'
import { useLocale } from '#shared/i18n/locale'
import { type ContactDetail, refresh, request } from './api'

/** The languages in which the agent can begin a call. */
const LANGUAGES = ['he', 'en', 'ar', 'ru', 'fr']

interface Change {
  language: string | null
  before: string | null
}

/** The language that the contact speaks: the agent begins with it. It is noted after calls, and can be set here. */
export function Language({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const names = new Intl.DisplayNames([useLocale()], { type: 'language' })
  const language = contact.language ?? null
  const send = (next: string | null) =>
    request('PATCH', '/api/contacts/{id}', { params: { path: { id: contact.id } }, body: { language: next } })
  const set = useAction({
    // The language as it was is part of the change: the cached contact has the new one by the time of the undo.
    run: ({ language }: Change) => send(language),
    patches: ({ language }) => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({ ...data, language })),
    ],
    done: () => t`השפה נשמרה`,
    undo: async ({ before }) => {
      await send(before)
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
  })
  // A language that the agent does not begin with stays one of the choices.
  const known = language && !LANGUAGES.includes(language) ? [language, ...LANGUAGES] : LANGUAGES
  return (
    <section className="language">
      <h2 id="contact-language">
        <Trans>שפה</Trans>
      </h2>
      <select
        className="field"
        aria-labelledby="contact-language"
        aria-describedby="contact-language-help"
        value={language ?? ''}
        onChange={event => set.mutate({ language: event.target.value || null, before: language })}
      >
        <option value="">{t`עוד לא ידועה`}</option>
        {known.map(code => (
          <option key={code} value={code}>
            {names.of(code) ?? code}
          </option>
        ))}
      </select>
      <p className="small muted" id="contact-language-help">
        <Trans>הסוכן פותח בשפה הזאת את השיחה הבאה. אחרי שיחה היא נרשמת לבד, אם עוד לא ידועה.</Trans>
      </p>
    </section>
  )
}
