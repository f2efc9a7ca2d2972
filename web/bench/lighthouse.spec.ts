import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium, expect, test } from '@playwright/test'
import { preparedSession } from '../tests/support/daemon'
import { shop } from './data'

/**
 * Measures the Lighthouse scores on its simulated slow phone. LIGHTHOUSE contains the command, such as `npx --yes
 * lighthouse@13.5.0`, because Lighthouse is not a dependency of the page. The reports are in test-results/lighthouse.
 * With BENCH_STRICT=1 a missed goal fails the test.
 */

const COMMAND = process.env.LIGHTHOUSE?.split(' ')
const PAGES = ['/login', '/app/today', '/app/inbox', '/app/contacts', '/app/calls', '/app/settings']
const GOALS = { performance: 95, accessibility: 100, 'best-practices': 95 } as const
const TIMES = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift']

interface Report {
  finalDisplayedUrl: string
  categories: Record<string, { score: number | null }>
  audits: Record<string, { displayValue?: string }>
}

test('Lighthouse', async () => {
  test.skip(!COMMAND, 'LIGHTHOUSE names no command')
  test.setTimeout(900_000)
  const [program = '', ...first] = COMMAND ?? []
  const daemon = await shop()
  const profile = join(daemon.folder, 'browser')
  mkdirSync('test-results/lighthouse', { recursive: true })
  const { executablePath, args = [] } = test.info().project.use.launchOptions ?? {}
  // Lighthouse opens its tabs in this browser, which has a session.
  const own = ['--remote-debugging-port=0', '--accept-lang=he-IL']
  const browser = await chromium.launchPersistentContext(profile, { executablePath, args: [...args, ...own] })
  const [port = ''] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  const cookies = (await preparedSession()).map(cookie => ({ ...cookie, url: daemon.url }))
  for (const path of PAGES) {
    await browser.clearCookies()
    if (path !== '/login') await browser.addCookies(cookies)
    const output = `test-results/lighthouse/${path.split('/').at(-1)}.json`
    const options = ['--quiet', `--port=${port}`, `--only-categories=${Object.keys(GOALS).join()}`]
    const file = ['--output=json', `--output-path=${output}`]
    await promisify(execFile)(program, [...first, daemon.url + path, ...options, ...file], { timeout: 180_000 })
    const { categories, audits, finalDisplayedUrl } = JSON.parse(readFileSync(output, 'utf8')) as Report
    expect(finalDisplayedUrl).toBe(daemon.url + path)
    const found = Object.entries(GOALS).map(([name, goal]) => {
      const score = Math.round((categories[name]?.score ?? 0) * 100)
      if (process.env.BENCH_STRICT) expect(score, `${path}: ${name}`).toBeGreaterThanOrEqual(goal)
      return `${score >= goal ? '✓' : '✗'} ${name} ${score}`
    })
    console.log(path.padEnd(14), found.join('  '), TIMES.map(name => audits[name]?.displayValue ?? '–').join('  '))
  }
  await browser.close()
  await daemon.remove()
})
