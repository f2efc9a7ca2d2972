// Prints the folders of the npm packages in the bridge's bundle, which it reads from the list of their licences.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const bridge = fileURLToPath(new URL('../bridge/', import.meta.url))
const titles = readFileSync(`${bridge}dist/LICENSES.txt`, 'utf8').split(`\n\n${'='.repeat(80)}\n\n`)
const named = new Set(titles.map(text => text.slice(0, text.indexOf('\n'))))

for (const folder of folders('node_modules')) {
  const { name, version } = JSON.parse(readFileSync(`${bridge}${folder}/package.json`, 'utf8'))
  if (named.has(`${name} ${version}`)) console.log(folder)
}

/** Returns the folders of all packages below `root`, including packages nested in other packages. */
function folders(root) {
  return readdirSync(bridge + root, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => {
      const folder = `${root}/${name}`
      if (name.startsWith('@')) return folders(folder)
      const inner = `${folder}/node_modules`
      return [...(existsSync(`${bridge}${folder}/package.json`) ? [folder] : []), ...(existsSync(bridge + inner) ? folders(inner) : [])]
    })
}
