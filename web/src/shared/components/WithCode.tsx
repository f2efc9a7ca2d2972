/** A sentence of the daemon, in which commands stand between backticks. */
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

/** With a capital first letter: reasons are written to stand inside a sentence as well. */
export const asSentence = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)
