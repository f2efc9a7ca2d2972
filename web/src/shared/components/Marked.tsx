import { Fragment } from 'react'
import type { Span } from '../search'

export function Marked({ text, spans = [] }: { text: string; spans?: readonly Span[] | undefined }) {
  let end = 0
  const parts = spans.map(([from, to]) => {
    const before = text.slice(end, from)
    end = to
    return (
      <Fragment key={from}>
        {before}
        <mark>{text.slice(from, to)}</mark>
      </Fragment>
    )
  })
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  )
}
