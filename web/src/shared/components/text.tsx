import type { ReactNode } from 'react'
import { dirOf, langOf, orderedParts, stripMarks } from '../format/bidi'
import { useNow } from '../format/clock'
import { linkParts } from '../format/links'
import { formatPhone, isPhone } from '../format/phone'
import { duration } from '../format/time'
import { useCountry, useFormat } from '../session'

/**
 * A phone number, in the national format if the number and the business are Israeli. Use only this component to show
 * phone numbers.
 */
export function Phone({ number, className }: { number: string; className?: string }) {
  return (
    <bdi dir="ltr" className={className} translate="no">
      {formatPhone(number, useCountry())}
    </bdi>
  )
}

/**
 * A contact's name; without one the number, or a dash if there is none either. Isolated (bidi), so that it does not
 * reorder the surrounding text.
 */
export function Name({ name, number }: { name?: string | null; number?: string | null }) {
  const text = stripMarks(name ?? '').trim()
  if (text && !isPhone(text)) {
    return <bdi>{orderedParts(text).map(({ text, at, isLtr }) => (isLtr ? <Ltr key={at}>{text}</Ltr> : text))}</bdi>
  }
  const found = number ?? (text || null)
  return found ? <Phone number={found} /> : <bdi>—</bdi>
}

/** Text that is always left to right: numbers, codes, versions, addresses, ranges. */
export function Ltr({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <bdi dir="ltr" className={className}>
      {children}
    </bdi>
  )
}

/**
 * Text written by users or contacts: each paragraph has its own direction, and phone numbers, URLs and code are
 * isolated (bidi). A box with a border on its start side must be this element itself, because `dir="auto"` of an outer
 * element ignores the text of an inner element with its own `dir`.
 */
export function Plain({ text, className = '', as: Element = 'span' }: PlainProps) {
  return (
    <Element className={`plain ${className}`} dir={dirOf(text)} lang={langOf(text)}>
      {linkParts(stripMarks(text)).map(({ text, at, href, isLtr }) =>
        href || isLtr ? <Ltr key={at}>{text}</Ltr> : text,
      )}
    </Element>
  )
}

interface PlainProps {
  text: string
  className?: string
  as?: 'span' | 'p'
}

type Style = 'time' | 'when' | 'ago' | 'date' | 'long' | 'day' | 'full'

/** A time in the business's time zone. Relative times are updated while the page is open. */
export function Time({ at, style = 'time', className }: { at: string; style?: Style; className?: string }) {
  const format = useFormat()
  const now = useNow()
  const text = {
    time: () => format.time(at),
    when: () => format.when(at, now),
    ago: () => format.ago(at, now),
    date: () => format.date(at, now),
    long: () => format.longDate(at),
    day: () => format.dayName(at, now),
    full: () => (format.daysFrom(at, now) === 0 ? format.time(at) : `${format.date(at, now)}, ${format.time(at)}`),
  }[style]()
  return (
    <time dateTime={at} title={`${format.longDate(at)}, ${format.time(at)}`} className={className}>
      {text}
    </time>
  )
}

/** Separates the parts of a line. A line does not end with it. */
export const Dot = () => ' ·\u00a0'

export const Duration = ({ ms }: { ms: number }) => <bdi dir="ltr">{duration(ms)}</bdi>

export const Hidden = ({ children }: { children: ReactNode }) => <span className="vh">{children}</span>
