/** Shows the parts between backticks as code. */
export function WithCode({ text }: { text: string }) {
  return text.split('`').map((part, at) =>
    at % 2 === 1 ? (
      <code key={at} dir="ltr">
        {part}
      </code>
    ) : (
      part
    ),
  )
}

/** The daemon's reasons begin in lower case, because they are also used inside sentences. */
export const asSentence = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)
