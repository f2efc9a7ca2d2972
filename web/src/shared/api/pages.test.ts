import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const api = JSON.parse(readFileSync(`${root}docs/openapi.json`, 'utf8')) as {
  paths: Record<string, { get?: { parameters?: { name: string }[] } }>
}

/** The components that show only the first page of a list, and why the user misses no items. */
const FIRST_PAGE: Record<string, string> = {
  'features/live-call/LiveCallStrip.tsx /api/calls': 'calls that are active are among the newest',
  'features/setup/CallProof.tsx /api/calls': 'the newest',
  'features/calls/CallBack.tsx /api/outbound-calls': 'the newest',
  'features/calls/CallBackSeveral.tsx /api/outbound-calls':
    'the newest; the daemon refuses a caller for whom there is an older one',
  'features/contacts/MergeWords.tsx /api/contacts/{id}/timeline': 'the newest words, to recognize the contact',
  'features/contacts/MergeCells.tsx /api/contacts/{id}/timeline': 'counts up to 200, and says if there are more',
  'features/inbox/list/EmptyList.tsx /api/search': 'only the similar name, which stands beside the hits',
  'features/inbox/queries.ts /api/contacts': 'hits while the user types',
  'features/calendar/AppointmentForm.tsx /api/waiting-list': 'a contact waits for a few services',
  'features/calendar/WaitsStill.tsx /api/waiting-list': 'a contact waits for a few services',
  'features/calls/api.ts /api/tasks': 'a call has a few tasks',
  'features/calendar/ContactPicker.tsx /api/contacts': 'hits while the user types',
  'features/today/TodayPage.tsx /api/inbox': 'the first five, with a link to all',
  'features/today/DueTasks.tsx /api/tasks': 'the first eight, with a link to all',
  'features/today/feature.tsx /api/tasks': 'the badge counts up to 99+',
  'features/settings/RecentChanges.tsx /api/settings/history': 'the recent changes',
}

test('a list that has more pages is fetched to its end, or says that it is not', () => {
  const paged = new Set(
    Object.entries(api.paths).flatMap(([path, { get }]) =>
      get?.parameters?.some(({ name }) => name === 'cursor' || name === 'before') ? [path] : [],
    ),
  )
  expect(paged.size).toBeGreaterThan(10)
  const found = readdirSync(`${root}web/src`, { recursive: true, encoding: 'utf8' }).flatMap(file => {
    if (!/\.tsx?$/.test(file) || /\.test\.ts$/.test(file)) return []
    const calls = readFileSync(`${root}web/src/${file}`, 'utf8').matchAll(/apiQuery\(\s*'([^']+)'/g)
    return [...calls].flatMap(([, path = '']) => (paged.has(path) ? [`${file} ${path}`] : []))
  })
  expect(found.filter(one => !(one in FIRST_PAGE))).toEqual([])
  expect(Object.keys(FIRST_PAGE).filter(one => !found.includes(one))).toEqual([])
})
