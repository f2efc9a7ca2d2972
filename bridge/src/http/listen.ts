import { once } from 'node:events'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { type AddressInfo, connect, isIPv6 } from 'node:net'
import { type Log, reason } from '../log.ts'
import { InUse } from '../session/lock.ts'
import type { Settings } from '../settings.ts'

/**
 * Opens the listeners: the Unix socket, if the settings name one, and the TCP port. With a socket the port is optional:
 * if the port cannot be opened, this is only logged. Returns the URL of the port, even if it is closed, and the
 * servers. Throws {@link InUse} if another program is listening on the socket.
 */
export async function listen(makeServer: () => Server, settings: Settings, log: Log): Promise<[string, Server[]]> {
  const { address, port, socket } = settings
  const servers: Server[] = []
  if (socket !== undefined) {
    servers.push(await listenOnSocket(makeServer, socket))
    log.info('LISTENING', `Listening on ${socket}`, { path: socket })
  }
  const host = isIPv6(address) ? `[${address}]` : address
  const server = makeServer()
  try {
    server.listen(port, address)
    await once(server, 'listening')
  } catch (error) {
    if (socket === undefined) throw error
    log.warn('PORT_CLOSED', `${host}:${port} cannot be opened (${reason(error)}); the bridge listens only on ${socket}`)
    return [`http://${host}:${port}`, servers]
  }
  servers.push(server)
  const taken = (server.address() as AddressInfo).port
  log.info('LISTENING', `Listening on ${host}:${taken}`, { address, port: taken })
  return [`http://${host}:${taken}`, servers]
}

async function listenOnSocket(makeServer: () => Server, path: string): Promise<Server> {
  try {
    return await open(makeServer(), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
  }
  const code = await connectionError(path)
  if (code === undefined) throw new InUse(`another bridge is listening on ${path}`)
  // A connection to a regular file is refused too.
  if (!lstatSync(path).isSocket()) throw new Error(`${path} is not a socket, and the bridge does not replace it`)
  if (code !== 'ECONNREFUSED') {
    throw new Error(`${path} is in use, and it is unknown by which program: connecting to it failed with ${code}`)
  }
  // A process that was killed left the socket's file.
  unlinkSync(path)
  return open(makeServer(), path)
}

async function open(server: Server, path: string): Promise<Server> {
  server.listen(path)
  await once(server, 'listening')
  // The folder's mode controls the access: the daemon belongs to the folder's group.
  chmodSync(path, 0o660)
  return server
}

/** Connects to a Unix socket. Returns the code of the error, `undefined` if a program is listening on the socket. */
async function connectionError(path: string): Promise<string | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? reason(error)
  } finally {
    socket.destroy()
  }
}
