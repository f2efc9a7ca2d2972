import { defineConfig } from '@playwright/test'
import tests from './playwright.config'

/**
 * `npm run bench`: one test at a time, in the same browser as the tests. AGENTLOCATOR is the path of a binary to use
 * instead of the debug build.
 */
export default defineConfig({ ...tests, testDir: 'bench', workers: 1, reporter: [['line']] })
