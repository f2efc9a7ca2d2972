import { Daemon } from '../tests/support/daemon'

/** A daemon with a year of a small shop. */
export async function shop(): Promise<Daemon> {
  const daemon = new Daemon()
  await daemon.start()
  await daemon.stop()
  await daemon.cli(['simulate', 'crm', '--people', '1000', '--messages', '10000', '--calls', '1000'])
  return daemon.start()
}
