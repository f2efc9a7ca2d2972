import { useLingui } from '@lingui/react/macro'
import { useEffect, useEffectEvent } from 'react'
import { useLocation } from 'wouter'
import { client, unwrap } from '#shared/api/client'
import type { Signal } from '#shared/events/source'
import { onSignal } from '#shared/events/stream'
import { stripMarks } from '#shared/format/bidi'
import { formatPhone, isPhone } from '#shared/format/phone'
import { useCountry } from '#shared/session'
import { useChoice } from './choice'
import { type News, Seen, tagOf, wanted } from './news'
import { support, usePermission } from './permission'
import { closeHandled, show } from './show'
import { announceVisible, inOneTab, isInView } from './tabs'
import { useCount } from './useCount'

/** Further contacts that begin to wait at once are in the count of the title. */
const MOST_ROWS = 20
/** A call is live for minutes, so it is among the newest. */
const MOST_CALLS = 20
/** After a sleep much is new at once: a few are shown, and the title has the number. */
const MOST_AT_ONCE = 3
/** Longer words are cut by the system anyway, and need not leave the page. */
const LONGEST_WORDS = 200

const LIVE: ReadonlySet<string> = new Set(['ringing', 'live', 'fallback'])

/** Whether a signal of the stream may bring something to report; what was missed counts as well. */
function isNews(signal: Signal): boolean {
  if (signal.type === 'changes') {
    return signal.changes.some(({ kind }) => /^(message_created|thread_updated|call_)/.test(kind))
  }
  return signal.type === 'reset' || (signal.type === 'open' && !signal.isResumed)
}

/** Counts in the title what waits, and notifies of what is new while no tab with the page is in view. Draws nothing. */
export function Notifier() {
  useCount()
  const choice = useChoice()
  const [permission] = usePermission()
  return choice.isOn && support() === 'yes' && permission === 'granted' ? <Watch /> : null
}

function Watch() {
  const notify = useEffectEvent(useNotify())
  useEffect(() => {
    const seen = new Seen(MOST_ROWS)
    const ended = new AbortController()
    // What waited before is not new.
    let isKnown = false
    let isBusy = false
    let isAgain = false
    const look = async (): Promise<void> => {
      if (isBusy) {
        isAgain = true
        return
      }
      isBusy = true
      try {
        const [waiting, live] = await fetchNews(ended.signal)
        const news = seen.take(waiting, live)
        // Below a full page others may wait.
        if (waiting.length < MOST_ROWS) closeHandled(new Set([...waiting, ...live].map(tagOf)))
        if (isKnown && news.length > 0 && !(await isInView())) await notify(news)
        isKnown = true
      } catch {
        // The next change asks again; what the page itself cannot fetch, it says.
      } finally {
        isBusy = false
      }
      if (!isAgain || ended.signal.aborted) return
      isAgain = false
      return look()
    }
    const leaveView = announceVisible()
    let leaveStream = () => {}
    const leaveLead = inOneTab(() => {
      void look()
      leaveStream = onSignal(signal => isNews(signal) && void look())
    })
    return () => {
      ended.abort()
      leaveView()
      leaveLead()
      leaveStream()
    }
  }, [])
  return null
}

async function fetchNews(signal: AbortSignal): Promise<Parameters<Seen['take']>> {
  const inbox = client.GET('/api/inbox', { params: { query: { filter: 'waiting', limit: MOST_ROWS } }, signal })
  const calls = client.GET('/api/calls', { params: { query: { limit: MOST_CALLS } }, signal })
  const [{ items }, page] = await Promise.all([unwrap(inbox), unwrap(calls)])
  return [items, page.calls.filter(({ state }) => LIVE.has(state))]
}

/** Shows the news of those kinds that the user wants: the name and the kind, and the words only if the user chose so. */
function useNotify() {
  const { t } = useLingui()
  const [, go] = useLocation()
  const country = useCountry()
  const choice = useChoice()
  const kinds: Record<News['kind'], string> = {
    message: t`הודעה חדשה`,
    voicemail: t`השאירו הודעה`,
    missed: t`שיחה שלא נענתה`,
    waits: t`מחכה לך`,
    live: t`שיחה עכשיו`,
  }
  return async (news: readonly News[]) => {
    for (const { kind, name, number, words, tag, href } of wanted(news, choice).slice(0, MOST_AT_ONCE)) {
      const known = stripMarks(name).trim()
      const title = known || (number && isPhone(number) ? formatPhone(number, country) : t`מספר חסוי`)
      const text = choice.words ? stripMarks(words).trim().slice(0, LONGEST_WORDS) : ''
      await show({ title, body: text ? `${kinds[kind]}: ${text}` : kinds[kind], tag, href }, go)
    }
  }
}
