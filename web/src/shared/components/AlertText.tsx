import { useLingui } from '@lingui/react'
import { CHECK_NAMES } from '../check-names'
import { asSentence, WithCode } from './WithCode'

/**
 * The daemon's text of an alert, one paragraph for each of its lines. A line that begins with a Latin word has the page's
 * direction. Lines of the self-check begin with the name of a check.
 */
export function AlertText({ text }: { text: string }) {
  const { i18n } = useLingui()
  return text.split('\n').map(line => {
    const [, check = '', found = ''] = /^(\w+): (.+)$/.exec(line) ?? []
    const known = CHECK_NAMES[check]
    return (
      <p key={line} className="alert-text">
        {known ? (
          <>
            <bdi>{i18n._(known)}</bdi>: <Sentence text={found} />
          </>
        ) : (
          <Sentence text={asSentence(line)} />
        )}
      </p>
    )
  })
}

/** Isolates a sentence without Hebrew, such as a provider's own words in a Hebrew page. `Ltr` would not wrap it. */
function Sentence({ text }: { text: string }) {
  const shown = <WithCode text={text} />
  return /\p{Script=Hebrew}/u.test(text) ? (
    shown
  ) : (
    <span className="ltr" dir="ltr">
      {shown}
    </span>
  )
}
