import { useEffect, useState } from 'react'

/**
 * Runs `run` once the answer to the current input has arrived: until then a list shows the answer to an earlier input,
 * which Enter must not open. A change of the input withdraws the request.
 */
export function useWhenAnswered(input: string, isAnswered: boolean, run: () => void): () => void {
  const [asked, setAsked] = useState<string | null>(null)
  useEffect(() => {
    if (asked === null) return
    if (asked === input && !isAnswered) return
    setAsked(null)
    if (asked === input) run()
  }, [asked, input, isAnswered, run])
  return () => setAsked(input)
}
