import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Browser tests: each starts its own daemon, and runs in the system's Chromium. */
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/runs',
  fullyParallel: true,
  // A busy machine can miss a moment, such as a toast. What fails at each of three attempts is a fault; the rest is reported as flaky.
  retries: 2,
  workers: 2,
  timeout: 120_000,
  // Machines that build and test at once are slow.
  expect: { timeout: 20_000 },
  reporter: [['list']],
  forbidOnly: Boolean(process.env.CI),
  use: {
    browserName: 'chromium',
    actionTimeout: 20_000,
    // A trace takes a picture of the document before and after each step. TRACE=1 keeps those of failed tests.
    trace: process.env.TRACE ? 'retain-on-failure' : 'off',
    // The tests must not depend on the zone of the machine: the page shows the business's.
    timezoneId: 'America/New_York',
    // While one takes control of a page, a request can pass by the routes of a test.
    serviceWorkers: 'block',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path)),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
