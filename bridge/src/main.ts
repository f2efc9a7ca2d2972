import '#web-crypto'
import './silence-console.ts'
import type { Server } from 'node:http'
import { Bridge } from './bridge.ts'
import { listen } from './http/listen.ts'
import { RequestAuth } from './http/request-auth.ts'
import { routesOf } from './http/routes.ts'
import { serve } from './http/server.ts'
import { makeLog, reason } from './log.ts'
import { InUse } from './session/lock.ts'
import { readSettings, SettingError, type Settings } from './settings.ts'
import { startWatchdog } from './watchdog.ts'

async function main(): Promise<void> {
  const settings = settingsOrExit()
  const log = makeLog(settings.logLevel)
  if (!settings.token) log.warn('SETTINGS', 'No BAILEYS_WEBHOOK_SECRET is set: every request except health is refused')
  if (settings.publicUrl)
    log.info('SETTINGS', 'PUBLIC_URL is accepted but not used', { public_url: settings.publicUrl })
  // Baileys leaves the rejected queries of a closed connection unhandled. Any other unhandled rejection is an error.
  process.on('unhandledRejection', error =>
    log[isOfEndedConnection(error) ? 'debug' : 'error'](
      'UNEXPECTED',
      `Unhandled promise rejection; the bridge continues: ${reason(error)}`,
    ),
  )
  process.on('uncaughtException', error => {
    // All committed data is on disk, but the state in memory may be inconsistent.
    log.error('UNEXPECTED', `The bridge exits after an uncaught exception: ${error.stack ?? reason(error)}`)
    process.exit(1)
  })

  let address = ''
  let servers: Server[] = []
  const bridge = new Bridge(settings, log, id => `${address}/media/${id}`)
  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    log.info('STOPPING', `The bridge is stopping after ${signal}`)
    for (const server of servers) {
      server.close()
      server.closeIdleConnections()
    }
    bridge.stop(GRACE_MS).then(
      () => process.exit(0),
      error => {
        log.error('STOPPING', `The bridge exits before all work has ended: ${reason(error)}`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  const auth = new RequestAuth(settings.token)
  const listening = await listen(() => serve(routesOf(bridge, auth), auth, log), settings, log)
  address = listening[0]
  servers = listening[1]
  if (settings.watchdogMs !== undefined) startWatchdog(settings.watchdogMs, log)
  await bridge.start()
}

/** Returns whether an error has one of Baileys' codes for a connection that was closed or lost. */
function isOfEndedConnection(error: unknown): boolean {
  const code = (error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode
  return code === 428 || code === 408
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (!(error instanceof SettingError)) throw error
    process.stderr.write(`agentlocator-bridge: ${error.message}\n`)
    process.exit(2)
  }
}

main().catch(error => {
  const hint = error instanceof InUse ? '; only one may run at a time' : ''
  makeLog('info').error('FAILED', `The bridge cannot start: ${reason(error)}${hint}`)
  process.exit(1)
})

const GRACE_MS = 5000
