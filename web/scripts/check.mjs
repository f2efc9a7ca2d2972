// The project-specific rules of the page, in addition to TypeScript and Biome: node scripts/check.mjs
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Without empty lines and comments. */
const MAX_COMPONENT = 250
const MAX_FILE = 400

const PHYSICAL =
  /(^|[\s;{(-])(left|right)\b|\b(margin|padding|border)-(left|right)|\b(text-align|float|clear):\s*(left|right)/
const HEBREW = /[\u0590-\u05FF]/
const BARE_NUMBER = /(?<!=)\{\s*[\w.?]*\b(peer_number|own_number|phone|number|address)\s*\}/
// Only the page's own dialog returns the focus when it is no longer rendered.
const MODAL = /import \{[^}]*\bModal\b[^}]*\} from '@mantine\/core'/
const DIALOG = 'src/shared/components/Dialog.tsx'
// React escapes all texts that are not inserted as HTML, and contacts may have chosen them.
const RAW_HTML = /\b(dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML)\b/

/** Returns `[line, sentence]` for each finding. */
export function findings(path, text) {
  const found = []
  const lines = text.split('\n')
  const each = (applies, sentence) =>
    lines.forEach((line, at) => {
      if (applies(line)) found.push([at + 1, sentence])
    })
  const isTest = /\.test\.tsx?$/.test(path)
  if (path.endsWith('.css')) {
    const bare = text.replace(/\/\*[\s\S]*?\*\//g, comment => comment.replace(/[^\n]/g, ' ')).split('\n')
    bare.forEach((line, at) => {
      if (PHYSICAL.test(line)) found.push([at + 1, 'a side by name; use start, end, inline and block'])
    })
  }
  if (/\.tsx?$/.test(path) && !isTest) {
    const feature = /^src\/features\/([^/]+)\//.exec(path)?.[1]
    each(line => {
      const from = /(?:from|import\()\s*'([^']+)'/.exec(line)?.[1]
      if (!from) return false
      if (feature)
        return (
          from.includes('/app/') || (/^\.\.\/(\.\.\/)?/.test(from) && leaves(path, from, `src/features/${feature}/`))
        )
      return (
        path.startsWith('src/shared/') &&
        (from.includes('/features/') || from.includes('/app/')) &&
        !from.includes('locales')
      )
    }, 'an import from another feature or from the app; share it in src/shared')
    each(line => RAW_HTML.test(line), 'a text inserted as HTML; use elements, whose texts React escapes')
  }
  if (path.endsWith('.tsx') && !isTest) {
    each(line => path !== DIALOG && MODAL.test(line), 'a Modal; use <Dialog>')
    each(line => BARE_NUMBER.test(line) && /^\s*(<[^>]*>)?\s*\{/.test(line), 'a bare number; use <Phone>')
    each(line => /^\s*(style)=\{\{[^}]*(left|right|Left|Right)/.test(line), 'a side by name; use start and end')
    const code = lines.filter(line => line.trim() && !/^\s*(\/\/|\/?\*)/.test(line)).length
    if (code > MAX_COMPONENT) found.push([1, `${code} lines; a component has at most ${MAX_COMPONENT}`])
    for (const [line, words] of untranslated(text)) found.push([line, `untranslated text «${words}»; use <Trans> or t`])
    if (/^src\/features\//.test(path) && !IN_SHELL.test(path)) {
      for (const line of lateTexts(text))
        found.push([line, 'an element as the text of a toast; use a string made with t'])
    }
  } else if (/\.(ts|mjs)$/.test(path) && path !== 'src/shared/api/schema.ts' && lines.length > MAX_FILE) {
    found.push([1, `${lines.length} lines; a file has at most ${MAX_FILE}`])
  }
  return found
}

function classesIn(text) {
  const attributes = text.matchAll(/className=(?:"([^"]*)"|\{((?:[^{}]|\{[^{}]*\})*)\})/g)
  return [...attributes].flatMap(([, plain, code = '']) =>
    (plain ?? [...code.matchAll(/(['"`])(.*?)\1/g)].map(part => part[2]).join(' ')).split(/[\s${}?:]+/),
  )
}

/**
 * Returns the rules of a feature's stylesheet that also match elements of another feature, as `[path, sentence]`. A
 * stylesheet stays loaded when the user leaves the feature, so such a rule changes the other feature from then on.
 */
export function leaks(sources) {
  const feature = path => /^src\/features\/([^/]+)\//.exec(path)?.[1]
  const used = new Map()
  for (const [path, text] of sources) {
    const name = feature(path)
    if (!name || !path.endsWith('.tsx')) continue
    for (const one of classesIn(text)) used.set(one, (used.get(one) ?? new Set()).add(name))
  }
  const found = []
  for (const [path, text] of sources) {
    const own = feature(path)
    if (!own || !path.endsWith('.css')) continue
    const rules = text.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{}]+)\{/g)
    const selectors = [...rules].flatMap(([, rule]) => (rule.trim().startsWith('@') ? [] : rule.split(',')))
    for (const selector of new Set(selectors.map(one => one.trim()))) {
      const classes = [...selector.matchAll(/\.([a-z][\w-]*)/g)].map(part => part[1])
      const [first = new Set(), ...rest] = classes.map(one => used.get(one) ?? new Set())
      const others = [...first].filter(name => name !== own && rest.every(one => one.has(name)))
      if (others.length > 0)
        found.push([path, `«${selector}» also matches in ${others.join(', ')}; begin it with a class of this feature`])
    }
  }
  return found
}

/**
 * Returns the circles of imports, as `[path, sentence]`. Imports of types count; an import that loads a page later does
 * not.
 */
export function circles(sources) {
  const paths = new Set(sources.map(([path]) => path))
  const resolve = (path, from) => {
    const base = from.startsWith('#shared/')
      ? from.replace('#shared', 'src/shared')
      : posix.join(posix.dirname(path), from)
    return [base, `${base}.ts`, `${base}.tsx`].find(one => paths.has(one))
  }
  const imports = new Map()
  for (const [path, text] of sources) {
    if (!/\.tsx?$/.test(path)) continue
    const names = [...text.matchAll(/^(?:import|export|\})(?:[^;'"]*? from)? '([#.][^']*)'/gm)].map(([, from]) => from)
    imports.set(path, new Set(names.map(from => resolve(path, from)).filter(Boolean)))
  }
  const reach = path => {
    const found = new Set()
    const open = [path]
    while (open.length > 0) {
      for (const next of imports.get(open.pop()) ?? []) {
        if (found.has(next)) continue
        found.add(next)
        open.push(next)
      }
    }
    return found
  }
  const reached = new Map([...imports.keys()].map(path => [path, reach(path)]))
  const circle = path => [...reached.get(path)].filter(other => reached.get(other)?.has(path)).sort()
  return [...imports.keys()]
    .filter(path => circle(path)[0] === path)
    .map(path => [path, `a circle of imports: ${circle(path).join(', ')}; move what they share to a file of its own`])
}

/** Files of a feature whose texts are in the shell's catalog (`lingui.config.ts`). */
const IN_SHELL = /\/feature\.tsx$|Strip\.tsx$|\/strip\//

/**
 * Returns the lines of a feature's source file in which the text of a toast is a translated element. The shell renders
 * toasts, so it would look up such an element in its own catalog, which does not have the feature's texts.
 */
export function lateTexts(text) {
  const source = ts.createSourceFile('x.tsx', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const found = new Set()
  const report = node => {
    const tag = ts.isJsxElement(node) ? node.openingElement.tagName : ts.isJsxSelfClosingElement(node) && node.tagName
    if (tag && ['Trans', 'Plural', 'Select', 'SelectOrdinal'].includes(tag.getText())) {
      found.add(source.getLineAndCharacterOfPosition(node.getStart()).line + 1)
    }
    ts.forEachChild(node, report)
  }
  const visit = node => {
    if (ts.isCallExpression(node)) {
      const [name, first] = [node.expression.getText(), node.arguments[0]]
      if (/^toast\.(done|error|soon|offer)$/.test(name)) node.arguments.forEach(report)
      if (name === 'useAction' && first && ts.isObjectLiteralExpression(first)) {
        first.properties.filter(({ name }) => name?.getText() === 'done').forEach(report)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...found]
}

const leaves = (path, from, folder) => !`${posix.join(posix.dirname(path), from)}/`.startsWith(folder)

/** Names that are the same in every language. */
const NAMES = /^(WhatsApp|AgentLocator|Twilio|OpenAI|API|Esc|Enter|Ctrl K|⌘ K|QR|English|עברית|ms|Ctrl Enter)$/

/** Elements whose content is translated, or needs no translation. */
const TRANSLATED = new Set(['Trans', 'Plural', 'Select', 'SelectOrdinal', 'code', 'pre', 'kbd'])

/** Attributes that are shown to users or read by screen readers. */
const SPOKEN = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label'])

export function untranslated(text) {
  const source = ts.createSourceFile('x.tsx', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const found = []
  const report = (node, words) => {
    const shown = words.trim().replace(/\s+/g, ' ')
    if (/[A-Za-z\u0590-\u05FF]{2}/.test(shown) && !NAMES.test(shown)) {
      found.push([source.getLineAndCharacterOfPosition(node.getStart()).line + 1, shown.slice(0, 40)])
    }
  }
  const visit = node => {
    if (ts.isJsxElement(node) && TRANSLATED.has(node.openingElement.tagName.getText())) return
    if (ts.isJsxSelfClosingElement(node) && TRANSLATED.has(node.tagName.getText())) return
    if (ts.isTaggedTemplateExpression(node) && ['t', 'msg'].includes(node.tag.getText())) return
    if (ts.isJsxText(node)) report(node, node.text)
    if (
      ts.isJsxAttribute(node) &&
      SPOKEN.has(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer)
    ) {
      report(node, node.initializer.text)
    } else if (ts.isStringLiteralLike(node) && HEBREW.test(node.text)) report(node, node.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

export function missing(catalog) {
  const found = []
  for (const entry of catalog.split('\n\n')) {
    if (entry.startsWith('#~')) continue
    const read = name =>
      [...(new RegExp(`^${name} ((?:".*"\\n?)+)`, 'm').exec(entry)?.[1] ?? '').matchAll(/"(.*)"/g)]
        .map(part => part[1])
        .join('')
    if (read('msgid') && !read('msgstr')) found.push(read('msgid'))
  }
  return found
}

function files(folder) {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })
}

function main() {
  const problems = []
  const sources = files(join(root, 'src')).map(file => [relative(root, file), readFileSync(file, 'utf8')])
  for (const [path, sentence] of [...leaks(sources), ...circles(sources)]) problems.push(`${path}: ${sentence}`)
  for (const [path, text] of sources) {
    for (const [line, sentence] of findings(path, text)) problems.push(`${path}:${line}: ${sentence}`)
    if (path.endsWith('en.po')) for (const id of missing(text)) problems.push(`${path}: no English for «${id}»`)
  }
  problems.push(...stale())
  for (const problem of problems) console.error(problem)
  console.log(problems.length === 0 ? 'No violations of page rules' : `${problems.length} violations of page rules`)
  process.exitCode = problems.length === 0 ? 0 : 1
}

function stale() {
  const found = []
  const run = (...command) =>
    execFileSync('npx', ['--no-install', ...command], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const made = run('openapi-typescript', '../docs/openapi.json')
  if (made !== readFileSync(join(root, 'src/shared/api/schema.ts'), 'utf8')) {
    found.push('src/shared/api/schema.ts is not that of docs/openapi.json; run npm run types')
  }
  const catalogs = () =>
    files(join(root, 'src'))
      .filter(file => file.endsWith('.po'))
      .map(file => [file, readFileSync(file, 'utf8')])
  const before = new Map(catalogs())
  run('lingui', 'extract', '--clean')
  for (const [file, text] of catalogs()) {
    if (before.get(file) !== text)
      found.push(`${relative(root, file)} was not up to date; npm run i18n has been run, check the result`)
  }
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
