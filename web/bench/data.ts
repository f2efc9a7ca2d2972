import { Daemon } from '../tests/support/daemon'

/** Starts a daemon with the data of a small shop after a year. */
export async function shop(): Promise<Daemon> {
  const daemon = new Daemon()
  await daemon.start()
  await daemon.stop()
  await daemon.cli(['simulate', 'crm', '--people', '1000', '--messages', '10000', '--calls', '1000'])
  return daemon.start()
}
