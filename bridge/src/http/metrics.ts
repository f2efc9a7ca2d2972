import type { Bridge } from '../bridge.ts'
import { healthOf, residentBytes, statusOf } from './status.ts'

/** Prometheus' text format. */
export function metricsOf(bridge: Bridge): string {
  const health = healthOf(bridge)
  const status = statusOf(bridge)
  const metrics: [name: string, type: 'gauge' | 'counter', help: string, value: number][] = [
    ['connected', 'gauge', '1 while messages flow', Number(health.connected)],
    ['inbox_events', 'gauge', 'events that wait for the daemon', health.inbox ?? 0],
    ['media_waiting', 'gauge', 'files that are still to come from WhatsApp', status.media_waiting],
    ['delivered_total', 'counter', 'events that the daemon has taken', bridge.run?.courier.delivered ?? 0],
    ['refused_total', 'counter', 'events that the daemon will never take', status.refused_by_daemon],
    ['unreadable_total', 'counter', 'messages that could not be decrypted', bridge.run?.inbound.unreadable ?? 0],
    ['session_bytes', 'gauge', 'size of the session file', bridge.run?.session.file.size ?? 0],
    ['resident_bytes', 'gauge', 'memory of the process', residentBytes()],
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
