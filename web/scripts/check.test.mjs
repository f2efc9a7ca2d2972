import { expect, test } from 'vitest'
import { circles, findings, lateTexts, leaks, missing, untranslated } from './check.mjs'

const sentences = (path, text) => findings(path, text).map(([, sentence]) => sentence.split(';')[0])

test('sides by name are found in CSS, but not in comments', () => {
  expect(sentences('src/a.css', 'a {\n  margin-left: 1px;\n}\nb { text-align: right; }')).toHaveLength(2)
  expect(sentences('src/a.css', '/* left */ a { margin-inline-start: 1px }')).toEqual([])
})

test('features do not import each other', () => {
  expect(sentences('src/features/calls/a.ts', "import { a } from '../inbox/a'")).toHaveLength(1)
  expect(sentences('src/features/calls/parts/a.ts', "import { a } from '../b'")).toEqual([])
  expect(sentences('src/features/calls/a.ts', "import { a } from '../../app/registry'")).toHaveLength(1)
  expect(sentences('src/features/calls/a.ts', "import { a } from '#shared/keys'")).toEqual([])
  expect(sentences('src/shared/a.ts', "import { a } from '../features/calls/a'")).toHaveLength(1)
})

test('a Modal is found outside of the common dialog', () => {
  const text = "import { Autocomplete, Modal } from '@mantine/core'"
  expect(sentences('src/features/inbox/A.tsx', text)).toEqual(['a Modal'])
  expect(sentences('src/shared/components/Dialog.tsx', text)).toEqual([])
  expect(sentences('src/features/inbox/A.tsx', "import { Menu } from '@mantine/core'")).toEqual([])
})

test('a rule of one feature that matches in another is found', () => {
  const page = ['src/features/calls/A.tsx', '<p className={isNew ? "row words" : "pick"} />']
  const found = css => leaks([page, ['src/features/inbox/a.css', css]]).map(([, sentence]) => sentence.split(' ')[0])
  expect(found('.words { color: red }\n.inbox .words, .pick:hover { color: red }')).toEqual([
    '«.words»',
    '«.pick:hover»',
  ])
  expect(found('/* .words {} */ @media (width > 1px) { .inbox .pick { color: red } }')).toEqual([])
  expect(leaks([page, ['src/shared/a.css', '.words { color: red }']])).toEqual([])
})

test('a circle of imports is found, also one of types and one through others', () => {
  const found = sources => circles(sources).map(([path, sentence]) => [path, sentence.split(';')[0]])
  const a = ['src/a.ts', "import { b } from './b'\nimport x from 'react'\n"]
  expect(found([a, ['src/b.tsx', "import type { A } from './a'\n"]])).toEqual([
    ['src/a.ts', 'a circle of imports: src/a.ts, src/b.tsx'],
  ])
  const b = ['src/b.tsx', "import {\n  type C,\n  c,\n} from '#shared/c'\n"]
  expect(found([a, b, ['src/shared/c.ts', "export * from '../a'\n"]])).toHaveLength(1)
  expect(found([a, b, ['src/shared/c.ts', "export const load = () => import('../a')\n"]])).toEqual([])
})

test('bare numbers and untranslated texts are found', () => {
  expect(sentences('src/a.tsx', 'const a = (\n  <p>\n    {call.peer_number}\n  </p>\n)')).toEqual(['a bare number'])
  expect(sentences('src/a.tsx', '      {number && <Phone number={number} />}')).toEqual([])
  expect(untranslated('<p>Hello there</p>')).toEqual([[1, 'Hello there']])
  expect(untranslated('<p>\n  <Trans>Hello <b>there</b></Trans> · <code>agentlocator</code> WhatsApp\n</p>')).toEqual(
    [],
  )
  expect(untranslated('<img alt="A code" />')).toEqual([[1, 'A code']])
  expect(untranslated("const a = 'שלום'")).toEqual([[1, 'שלום']])
  expect(untranslated('const a = [t`שלום`, msg`שלום`, <Plural one="אחת" other="#" value={1} />]')).toEqual([])
})

test('an element as the text of a toast is found, except in what the shell draws', () => {
  const action = 'const a = useAction<Date>({\n  run,\n  done: () => <Trans>שלום</Trans>,\n})'
  expect(lateTexts(action)).toEqual([3])
  expect(lateTexts('toast.offer(t`שלום`, <Plural value={n} other="#" />, run)')).toEqual([1])
  expect(lateTexts('const a = useAction({ run, done: () => t`שלום` })\nconst b = <Trans>שלום</Trans>')).toEqual([])
  const found = path => sentences(path, action)
  expect(found('src/features/calls/A.tsx')).toEqual(['an element as the text of a toast'])
  expect(['calls/CallStrip.tsx', 'calls/strip/A.tsx'].flatMap(path => found(`src/features/${path}`))).toEqual([])
  expect(found('src/shared/A.tsx')).toEqual([])
})

test('a text inserted as HTML is found, except in a test', () => {
  expect(sentences('src/a.tsx', 'const a = <p dangerouslySetInnerHTML={{ __html: text }} />')).toEqual([
    'a text inserted as HTML',
  ])
  expect(sentences('src/a.ts', 'element.innerHTML = text')).toEqual(['a text inserted as HTML'])
  expect(sentences('src/a.test.ts', "document.body.innerHTML = ''")).toEqual([])
})

test('a text without English is found', () => {
  expect(missing('msgid ""\nmsgstr ""\n"A: b\\n"\n\nmsgid "א"\nmsgstr ""\n\nmsgid "ב"\nmsgstr "b"\n')).toEqual(['א'])
  expect(missing('msgid "א"\nmsgstr ""\n"long"\n')).toEqual([])
})
