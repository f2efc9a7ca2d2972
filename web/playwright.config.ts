import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'

/** Without CHROMIUM, the first installed browser is used. The headless shell takes a third less CPU time. */
const BROWSERS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/**
 * The features that Playwright switches off, because a second switch replaces the first, and one more: without it, Chromium
 * uses the compiled scripts of an earlier load instead of compiling them again in the background.
 */
const DISABLED = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'BackgroundResourceFetch',
]

/** Browser tests, in the system's Chromium. They start their own daemons. */
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/runs',
  fullyParallel: true,
  // See `long` in tests/support/fixtures.ts.
  grepInvert: process.env.LONG ? undefined : /@long/,
  // On a busy machine a test can miss an event, such as a toast. A test that fails all three attempts is reported as
  // failed; a test that passes a later attempt is reported as flaky.
  retries: 2,
  // Twice the two cores of a small machine, because tests also wait: for calls, timers and connections.
  workers: 4,
  timeout: 120_000,
  // The time limit is long, because a machine that builds and tests at the same time is slow.
  expect: { timeout: 20_000 },
  reporter: [['list']],
  forbidOnly: Boolean(process.env.CI),
  use: {
    browserName: 'chromium',
    actionTimeout: 20_000,
    // A trace takes a snapshot of the document before and after each step, which is slow. TRACE=1 keeps the traces of
    // failed tests.
    trace: process.env.TRACE ? 'retain-on-failure' : 'off',
    // Differs from the business's time zone, to verify that the page does not use the browser's.
    timezoneId: 'America/New_York',
    // A service worker that takes control of a page could bypass a test's request routes.
    serviceWorkers: 'block',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path)),
      args: [
        '--no-sandbox',
        // Pages live for seconds, too short a time for the optimizing compilers to save more than they take.
        '--js-flags=--no-opt,--no-maglev',
        '--disable-gpu',
        // Fewer processes, between which less is copied.
        '--in-process-gpu',
        '--renderer-process-limit=1',
        '--enable-features=CDPScreenshotNewSurface,NetworkServiceInProcess2',
        `--disable-features=${DISABLED.join()}`,
        '--disable-quic',
        // An address of this machine that the browser does not trust as it trusts localhost.
        '--host-resolver-rules=MAP shop.test 127.0.0.1',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
