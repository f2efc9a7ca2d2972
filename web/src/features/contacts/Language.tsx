import { Trans, useLingui } from '@lingui/react/macro'
import { patch, useAction } from '#shared/api/action'
import { sendPart } from '#shared/api/edit'
import { useLocale } from '#shared/i18n/locale'
import { type ContactDetail, refresh, request } from './api'

/** The languages in which the agent can start a call. */
const LANGUAGES = ['he', 'en', 'ar', 'ru', 'fr']

interface Change {
  language: string | null
  before: string | null
}

/** The daemon stores the language after a call if none is known yet. */
export function Language({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const names = new Intl.DisplayNames([useLocale()], { type: 'language' })
  const language = contact.language ?? null
  const send = (next: string | null, headers: Record<string, string> = {}) =>
    request<ContactDetail>('PATCH', '/api/contacts/{id}', {
      params: { path: { id: contact.id } },
      body: { language: next },
      headers,
    })
  const set = useAction({
    // The change includes the previous language, because the cached contact already has the new one at the time of an
    // undo.
    run: ({ language }: Change) => send(language),
    patches: ({ language }) => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({ ...data, language })),
    ],
    done: () => t`השפה נשמרה`,
    undo: async ({ before }, stored, headers) => {
      await sendPart(
        headers => send(before, headers),
        headers,
        (now: ContactDetail) => now.language === stored.language,
      )
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
  })
  // A stored language that the agent cannot start with remains in the list of choices.
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
