import type { Bridge } from '../bridge.ts'
import { contactOf } from '../whatsapp/contact-identity.ts'

/** The bridge's version, which the build inserts. */
declare const BRIDGE_VERSION: string

/** Returns the part of the status that unauthenticated clients may read. */
export function healthOf(bridge: Bridge) {
  const { current } = bridge
  const check = current?.linkCheck.status
  const isLive = current?.link.connectedSocket !== undefined
  // A link is unusable if WhatsApp does not acknowledge its messages, even if its keep-alive is answered.
  const connected = isLive && check?.result !== 'no_ack'
  // Reported instead of `connected`: `unanswered` if WhatsApp acknowledges no message, `connecting` if nothing has
  // arrived for too long.
  const lost = isLive ? 'unanswered' : 'connecting'
  const state = bridge.state === 'connected' && !connected ? lost : bridge.state
  return {
    connected,
    ts: Date.now(),
    state,
    since: bridge.since,
    last_code: current?.link.status.lastCode ?? null,
    inbox: current?.inbox.length ?? null,
    link_check: check ?? null,
    version: BRIDGE_VERSION,
  }
}

export function statusOf(bridge: Bridge) {
  const { current } = bridge
  const me = current?.session.isPaired ? current.session.creds.me : undefined
  return {
    ...healthOf(bridge),
    account: me ? { ...contactOf(me.id, me.lid), name: me.name ?? null } : null,
    pairing_code: current?.link.pairingCode?.text ?? null,
    pairing_code_expires_at: current?.link.pairingCode?.until ?? null,
    restriction: current?.link.restriction ?? null,
    refused_by_daemon: current?.delivery.refused ?? 0,
    media_waiting: current?.media.waiting ?? 0,
  }
}

/** Returns the metrics in the Prometheus text format. */
export function metricsOf(bridge: Bridge): string {
  const health = healthOf(bridge)
  const status = statusOf(bridge)
  const metrics: [name: string, type: 'gauge' | 'counter', help: string, value: number][] = [
    ['connected', 'gauge', '1 while messages can be sent and received', Number(health.connected)],
    ['inbox_events', 'gauge', 'events that wait for the daemon', health.inbox ?? 0],
    ['media_waiting', 'gauge', 'files that are not fetched from WhatsApp yet', status.media_waiting],
    ['delivered_total', 'counter', 'events that the daemon has accepted', bridge.current?.delivery.delivered ?? 0],
    ['refused_total', 'counter', 'events that the daemon has refused permanently', status.refused_by_daemon],
    ['unreadable_total', 'counter', 'messages that could not be decrypted', bridge.current?.inbound.unreadable ?? 0],
    ['session_bytes', 'gauge', 'size of the session file', bridge.current?.session.file.size ?? 0],
    ['resident_bytes', 'gauge', 'memory of the process', process.memoryUsage.rss()],
    ['uptime_seconds', 'gauge', 'how long the process has been running', Math.round(process.uptime())],
  ]
  return metrics
    .flatMap(([name, type, help, value]) => {
      const full = `agentlocator_bridge_${name}`
      return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, `${full} ${value}`]
    })
    .concat('')
    .join('\n')
}
