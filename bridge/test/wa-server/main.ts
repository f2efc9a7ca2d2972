// The server as a process of its own: node main.mjs [--port N] [--control-port N] [--trace]
//
// Prints one line of JSON, {"url","control","rootKey","mediaCa","mediaHost"}, and ends at the end of its standard input,
// so that a parent that is killed leaves nothing behind.
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

// Last, so that whoever reads the line may end the process at once.
const { url, control, rootKey, mediaCa, mediaHost } = server
process.stdout.write(`${JSON.stringify({ url, control, rootKey, mediaCa, mediaHost })}\n`)
