// A temporary certificate for 127.0.0.1. Node cannot create certificates, so the openssl command is used.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  key: Buffer
  certificate: Buffer
  /** The path of the certificate, for NODE_EXTRA_CA_CERTS. */
  file: string
  remove(): Promise<void>
}

export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'wa-server-'))
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=wa-server', '-addext', 'subjectAltName=IP:127.0.0.1']
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const files = ['-days', '3650', '-keyout', keyFile, '-out', file]
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...subject, ...files])
    return { key: await readFile(keyFile), certificate: await readFile(file), file, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
