// The server as a separate process: node main.mjs [--port N] [--control-port N] [--trace]
//
// Prints one line of JSON, {"url","control","rootKey","mediaCa","mediaHost"}, and exits when its standard input is
// closed, so that a killed parent leaves no process behind.
import { parseArgs } from 'node:util'
import { WaServer } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    trace: { type: 'boolean', default: false },
  },
})
const server = await WaServer.start({
  port: Number(values.port),
  controlPort: Number(values['control-port']),
  trace: values.trace,
})

const end = () => {
  server.stop().finally(() => process.exit(0))
}
process.on('SIGTERM', end)
process.on('SIGINT', end)
process.stdin.on('end', end).on('error', end).resume()

// Printed last, because the reader of the line may end the process at once.
const { url, control, rootKey, mediaCa, mediaHost } = server
process.stdout.write(`${JSON.stringify({ url, control, rootKey, mediaCa, mediaHost })}\n`)
