import { toBase64 } from '#shared/audio/mulaw'
import { QUIET_FRAME } from './quiet-frame'

/** The permission to open one media socket, once. */
export interface MediaTicket {
  id: string
  token: string
  socket_path: string
}

/** Uses Twilio's Media Streams protocol with the daemon. */
export class MediaSocket<Message> {
  private readonly socket: WebSocket
  /** The number of frames sent; undefined before `startAudio`. */
  private frames: number | undefined

  /**
   * @param events.onOpen Called after the start message was sent.
   * @param events.onClose Called when the connection ends, also after `close`.
   */
  constructor(
    { id, token, socket_path: path }: MediaTicket,
    events: { onOpen?: () => void; onMessage: (message: Message) => void; onClose: () => void },
  ) {
    const socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}${path}`)
    this.socket = socket
    const start = { streamSid: id.replace('CA', 'MZ'), callSid: id, customParameters: { token } }
    socket.onopen = () => {
      this.send({ event: 'start', start })
      events.onOpen?.()
    }
    socket.onmessage = ({ data }) => events.onMessage(JSON.parse(data) as Message)
    socket.onclose = () => events.onClose()
  }

  /** Starts to send frames. Earlier frames are dropped, because the daemon does not expect audio until then. */
  startAudio(): void {
    this.frames = 0
  }

  /**
   * Sends 20 ms of mu-law audio; null sends silence. A muted microphone sends silence too, because the daemon takes a
   * connection without frames for a lost one.
   */
  sendFrame(bytes: Uint8Array | null): void {
    if (this.frames === undefined) return
    const media = { timestamp: this.frames++ * 20, payload: bytes ? toBase64(bytes) : QUIET_FRAME }
    this.send({ event: 'media', media })
  }

  sendMark(name: string): void {
    this.send({ event: 'mark', mark: { name } })
  }

  sendStop(): void {
    this.send({ event: 'stop' })
  }

  close(): void {
    this.socket.close()
  }

  private send(message: unknown): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }
}
