import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { useLocation } from 'wouter'
import { client, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import type { Signal } from '#shared/events/source'
import { onSignal } from '#shared/events/stream'
import { stripMarks } from '#shared/format/bidi'
import { formatPhone, isPhone } from '#shared/format/phone'
import { useCountry } from '#shared/session'
import { type ActivityEvent, Seen, tagOf, wanted } from './activity'
import { useChoice } from './choice'
import { useClicks } from './clicks'
import { support, usePermission } from './permission'
import { closeHandled, show } from './show'
import { announceVisible, inOneTab, isInView } from './tabs'

/** The maximum number of waiting contacts to fetch. Further ones appear only in the count in the title. */
const MAX_ROWS = 20
/** The number of newest calls to fetch. It is enough to contain the live calls, because a call lasts only minutes. */
const MAX_CALLS = 20
/** The maximum number of notifications at once. After the device has slept, many events are new at the same time. */
const MAX_AT_ONCE = 3
/** The maximum length of a text in a notification, in UTF-16 units. Operating systems truncate long texts anyway. */
const MAX_TEXT_CHARS = 200

const LIVE: ReadonlySet<string> = new Set(['ringing', 'live', 'fallback'])

/** A gap in the stream counts as well. */
function isRelevant(signal: Signal): boolean {
  if (signal.type === 'changes') {
    return signal.changes.some(({ kind }) => /^(message_created|thread_updated|call_)/.test(kind))
  }
  return signal.type === 'reset' || (signal.type === 'open' && !signal.isResumed)
}

/** Handles clicks on the service worker's notifications even after the user has turned notifications off. */
export function Notifier() {
  useCount()
  useClicks()
  const choice = useChoice()
  const [permission] = usePermission()
  return choice.isOn && support() === 'yes' && permission === 'granted' ? <Watcher /> : null
}

function Watcher() {
  const notify = useEffectEvent(useNotify())
  useEffect(() => {
    const seen = new Seen(MAX_ROWS)
    const ended = new AbortController()
    // The first response contains only what was waiting before, which is not new.
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
        const [waiting, live, rings] = await fetchActivity(ended.signal)
        const events = seen.take(waiting, live, rings)
        // Only a response with less than a full page contains all waiting contacts.
        if (waiting.length < MAX_ROWS) closeHandled(new Set([...waiting, ...live].map(tagOf)))
        if (isKnown && events.length > 0 && !(await isInView())) await notify(events)
        isKnown = true
      } catch {
        // The next change triggers another request. The page itself shows a lost connection.
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
      leaveStream = onSignal(signal => isRelevant(signal) && void look())
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

async function fetchActivity(signal: AbortSignal): Promise<Parameters<Seen['take']>> {
  const inbox = client.GET('/api/inbox', { params: { query: { filter: 'waiting', limit: MAX_ROWS } }, signal })
  const calls = client.GET('/api/calls', { params: { query: { limit: MAX_CALLS } }, signal })
  const [{ items }, page] = await Promise.all([unwrap(inbox), unwrap(calls)])
  const live = page.calls.filter(({ state }) => LIVE.has(state))
  const ringing = live.length === 0 ? { rings: [] } : await unwrap(client.GET('/api/page-rings', { signal }))
  return [items, live, ringing.rings]
}

/** The text is included only if the user has chosen so. */
function useNotify() {
  const { t } = useLingui()
  const [, go] = useLocation()
  const country = useCountry()
  const choice = useChoice()
  const kinds: Record<ActivityEvent['kind'], string> = {
    message: t`הודעה חדשה`,
    voicemail: t`השאירו הודעה`,
    missed: t`שיחה שלא נענתה`,
    waits: t`מחכה לך`,
    live: t`שיחה עכשיו`,
    asks: t`רוצה לדבר עם אדם`,
  }
  return async (events: readonly ActivityEvent[]) => {
    for (const { kind, name, number, words, tag, href } of wanted(events, choice).slice(0, MAX_AT_ONCE)) {
      const known = stripMarks(name).trim()
      const title = known || (number && isPhone(number) ? formatPhone(number, country) : t`מספר חסוי`)
      const text = choice.words ? stripMarks(words).trim().slice(0, MAX_TEXT_CHARS) : ''
      await show({ title, body: text ? `${kinds[kind]}: ${text}` : kinds[kind], tag, href }, go)
    }
  }
}

const COUNT = /^\(\d+\) /

/** Shows the count in the tab's title and on the icon of the installed page. */
function useCount(): void {
  const count = useQuery(apiQuery('/api/threads/counts')).data?.waiting ?? 0
  useEffect(() => {
    const title = document.querySelector('title')
    if (!title) return
    const set = (waiting: number) => {
      const bare = document.title.replace(COUNT, '')
      const wanted = waiting > 0 ? `(${waiting}) ${bare}` : bare
      if (document.title !== wanted) document.title = wanted
    }
    set(count)
    // Each page sets its own title without the count, so the count is added again.
    const observer = new MutationObserver(() => set(count))
    observer.observe(title, { childList: true })
    return () => {
      observer.disconnect()
      set(0)
    }
  }, [count])
  useEffect(() => {
    if (!('setAppBadge' in navigator)) return
    const clear = () => navigator.clearAppBadge().catch(() => undefined)
    if (count === 0) void clear()
    else navigator.setAppBadge(count).catch(() => undefined)
    return () => void clear()
  }, [count])
}
