import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { dirOf, langOf, stripMarks } from '#shared/format/bidi'
import { linkParts } from '#shared/format/links'

/** Longer texts are collapsed, in characters. */
const FOLD_AT = 1_500

const OUTSIDE = { target: '_blank', rel: 'noreferrer noopener' }

export function Words({ text }: { text: string }) {
  const [isOpen, setOpen] = useState(false)
  const clean = stripMarks(text)
  const isFolded = clean.length > FOLD_AT && !isOpen
  const shown = isFolded ? `${clean.slice(0, FOLD_AT)}…` : clean
  return (
    <p className="plain" dir={dirOf(clean)} lang={langOf(clean)}>
      {linkParts(shown).map(({ text, href, isLtr, at }) =>
        href ? (
          <a key={at} href={href} {...(!href.startsWith('tel:') && OUTSIDE)}>
            <bdi dir="ltr" className={href.startsWith('tel:') ? undefined : 'url'}>
              {text}
            </bdi>
          </a>
        ) : isLtr ? (
          <bdi key={at} dir="ltr">
            {text}
          </bdi>
        ) : (
          <span key={at}>{text}</span>
        ),
      )}
      {isFolded && (
        <button className="btn link" type="button" onClick={() => setOpen(true)}>
          <Trans>להמשך הטקסט</Trans>
        </button>
      )}
    </p>
  )
}
