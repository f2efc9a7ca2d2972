// Lists the files that each path of the page needs in addition to those that every HTML file names. The daemon adds
// them to the HTML file of that path, so that the browser requests all files at once instead of discovering them one
// after the other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROUTE =
  /\{\s*path: '([^']+)',(?:\s*frame: '(\w+)',)?\s*load: \(\) => import\('\.\/(\w+)'\)(,\s*bare: true)?(?:,\s*detail: '(\w+)')?(?:,\s*data: \[([^\]]*)\])?/g
const FRAMES = /frames: \{([^}]*)\}/
const FRAME = /(\w+): \(\) => import\('\.\/(\w+)'\)/g
const LANGUAGES = ['he', 'en']
/** The path to which `/app` redirects. */
const HOME = '/app/today'

export function routesOf(root) {
  const folder = join(root, 'src/features')
  const sources = readdirSync(folder)
    .sort()
    .filter(feature => existsSync(join(folder, feature, 'feature.tsx')))
    .map(feature => [feature, readFileSync(join(folder, feature, 'feature.tsx'), 'utf8')])
  const frames = new Map(
    sources.flatMap(([feature, source]) =>
      [...(FRAMES.exec(source)?.[1] ?? '').matchAll(FRAME)].map(([, name, file]) => [name, { feature, file }]),
    ),
  )
  return sources.flatMap(([feature, source]) =>
    [...source.matchAll(ROUTE)].map(([, path, frame, page, bare, detail, data = '']) => {
      const parts = [{ feature, file: page }, frames.get(frame) ?? []].flat()
      return {
        path,
        features: parts.map(({ feature }) => feature),
        sources: parts.map(({ feature, file }) => `src/features/${feature}/${file}.tsx`),
        isBare: Boolean(bare),
        detail: detail && `src/features/${feature}/${detail}.tsx`,
        data: [...data.matchAll(/'([^']+)'/g)].map(([, url]) => url),
      }
    }),
  )
}

/**
 * Returns one line for each route, with fields separated by tabs: its path, the files for both languages, those for
 * Hebrew, those for English, those of its detail, and the requests of the page.
 */
export function hints(manifest, routes) {
  const known = filesOf(manifest, ['index.html'])
  const line = ({ path, features, sources, isBare, detail, data }) => {
    const filesWith = sources =>
      filesOf(manifest, [isBare ? [] : 'src/app/Shell.tsx', sources].flat()).filter(file => !known.includes(file))
    const files = filesWith(sources)
    const later = filesWith([sources, detail ?? []].flat()).filter(file => !files.includes(file))
    const texts = LANGUAGES.map(language =>
      filesOf(
        manifest,
        ['src/app', ...features.map(feature => `src/features/${feature}`)]
          .map(folder => `${folder}/locales/${language}.po`)
          .filter(name => name in manifest),
      ).filter(file => !known.includes(file) && !files.includes(file)),
    )
    return `${[path, files.join(' '), ...texts.map(one => one.join(' ')), later.join(' '), data.join(' ')].join('\t')}\n`
  }
  const home = routes.find(({ path }) => path === HOME)
  if (!home) throw new Error(`no route ${HOME}`)
  const all = [
    // The daemon takes the first route that matches.
    ...routes.flatMap(route => (route.detail ? [withDetail(route), route] : [route])),
    { ...home, path: '/app' },
    { ...home, path: '/app/' },
    { path: '*', features: [], sources: [], isBare: false, data: [] },
  ]
  return all.map(line).join('')
}

/** Returns the route with its optional parameter. */
const withDetail = route => ({
  ...route,
  path: route.path.replace(/\?$/, ''),
  sources: [...route.sources, route.detail],
})

/** Returns the scripts and styles of these sources, and of all modules that they import statically. */
function filesOf(manifest, sources) {
  const files = new Set()
  const seen = new Set()
  const visit = name => {
    if (seen.has(name)) return
    seen.add(name)
    const chunk = manifest[name]
    if (!chunk) throw new Error(`${name} is not in the manifest`)
    for (const file of [chunk.file, ...(chunk.css ?? [])]) if (!file.endsWith('.html')) files.add(file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  for (const source of sources) visit(source)
  return [...files]
}
