// The host for media: encrypted files are uploaded and downloaded over HTTPS on loopback.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'
import type { Journal } from './journal.ts'

interface StoredFile {
  bytes: Buffer
  /** The status with which downloads are refused; undefined to serve the file. */
  refusal: number | undefined
}

export class MediaHost {
  private readonly files = new Map<string, StoredFile>()
  private readonly server: Server

  constructor(
    certificate: Certificate,
    private readonly journal: Journal,
  ) {
    this.server = createServer({ key: certificate.key, cert: certificate.certificate }, (request, response) => {
      this.serve(request, response).catch(() => response.destroy())
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve))
  }

  /** The address, `127.0.0.1:<port>`. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Stores a file under a new path, and returns the path. With `refusal`, downloads are refused with that status. */
  put(bytes: Buffer, refusal?: number): string {
    const path = `/v/t62/${randomBytes(12).toString('hex')}`
    this.files.set(path, { bytes, refusal })
    return path
  }

  /** Returns the file at that path, even if its download is refused. */
  get(path: string): Buffer | undefined {
    return this.files.get(path)?.bytes
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', `https://${this.host}`).pathname
    if (request.method === 'POST') {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const bytes = Buffer.concat(parts)
      this.files.set(path, { bytes, refusal: undefined })
      this.journal.note('media-upload', { path, bytes: bytes.length })
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ url: `https://${this.host}${path}`, direct_path: path }))
      return
    }
    const file = this.files.get(path)
    const status = file ? (file.refusal ?? 200) : 404
    this.journal.note('media-download', { path, status })
    response.writeHead(status, { 'content-type': 'application/octet-stream' })
    response.end(status === 200 ? file?.bytes : undefined)
  }
}
