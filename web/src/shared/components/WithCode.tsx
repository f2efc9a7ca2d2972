/** A path with at least two names, or a URL. */
const PATH = /(?<![\w/.])(https?:\/\/[\w.-]*\w(?::\d+)?(?:\/[\w.:-]*\w)*|\/(?=[A-Za-z])[\w.:-]*\w(?:\/[\w.:-]*\w)+)/

/** Shows as code the parts between backticks, and paths, which a Hebrew sentence would otherwise reorder. */
export function WithCode({ text }: { text: string }) {
  // Every second part is code: `split` keeps what the parentheses of a pattern match.
  const parts = text.split('`').flatMap((part, at) => (at % 2 === 1 ? [part] : part.split(PATH)))
  return parts.map((part, at) =>
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
