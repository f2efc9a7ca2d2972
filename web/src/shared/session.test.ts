import { beforeEach, expect, test, vi } from 'vitest'

const answers: ((request: Request) => Response)[] = []
const asked: Request[] = []
const json =
  (body: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(body), { status })
const session = (id: number, token: string, role = 'owner') =>
  json({ ok: true, user: { id, name: 'Dana' }, role, csrf_token: token, business: {} })
const refused = json({ error: { code: 'csrf', message: '' } }, 403)

vi.stubGlobal(
  'Request',
  class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === 'string' ? new URL(input, 'http://shop.example') : input, init)
    }
  },
)
vi.stubGlobal('fetch', async (request: Request) => {
  asked.push(request)
  const answer = answers.shift()
  if (!answer) throw new TypeError('no answer')
  return answer(request)
})

const { client, setCsrfToken, unwrap, whenUnauthorized } = await import('./api/client')
const { queryClient } = await import('./api/query')
const { sessionQuery } = await import('./session')
const { storedUser } = await import('./storage')

const save = () => unwrap(client.POST('/api/contacts', { body: { display_name: 'Noa', number: '+972525550142' } }))
const tokens = () => asked.filter(({ method }) => method === 'POST').map(({ headers }) => headers.get('X-CSRF-Token'))

beforeEach(async () => {
  queryClient.clear()
  answers.splice(0)
  asked.splice(0)
  setCsrfToken('old')
  answers.push(session(1, 'old'))
  await queryClient.fetchQuery(sessionQuery)
  queryClient.setQueryData(['/api/inbox', {}], 'of Dana')
  asked.splice(0)
})

test('a request with an outdated token is repeated with the token of the new session', async () => {
  answers.push(refused, session(1, 'new'), json({ id: 7 }, 201))
  expect(await save()).toEqual({ id: 7 })
  expect(tokens()).toEqual(['old', 'new'])
  expect(await asked[2]?.json()).toEqual({ display_name: 'Noa', number: '+972525550142' })
  expect(queryClient.getQueryData(['/api/inbox', {}])).toBe('of Dana')
})

test('a request is not repeated as another user, whose data replaces the cached data', async () => {
  answers.push(refused, session(2, 'theirs'))
  await expect(save()).rejects.toMatchObject({ code: 'csrf' })
  expect(tokens()).toEqual(['old'])
  expect(queryClient.getQueryData(['/api/inbox', {}])).toBeUndefined()
  expect(queryClient.getQueryData(sessionQuery.queryKey)?.user?.id).toBe(2)
  // Without a render: the token and the owner of the stored texts change together.
  expect(storedUser()).toBe(2)
  answers.push(json({ id: 8 }, 201))
  await save()
  expect(tokens()).toEqual(['old', 'theirs'])
})

test('a new role drops the cached data', async () => {
  answers.push(session(1, 'old', 'staff'))
  await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })
  expect(queryClient.getQueryData(['/api/inbox', {}])).toBeUndefined()
})

test('without a session the login opens, and the request fails', async () => {
  let ended = 0
  const stop = whenUnauthorized(() => ended++)
  answers.push(refused, json({ error: { code: 'unauthorized', message: '' } }, 401))
  await expect(save()).rejects.toMatchObject({ status: 401 })
  expect(ended).toBe(1)
  stop()
})

test('a second refusal is final', async () => {
  answers.push(refused, session(1, 'new'), refused)
  await expect(save()).rejects.toMatchObject({ code: 'csrf' })
  expect(tokens()).toEqual(['old', 'new'])
})
