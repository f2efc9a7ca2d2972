import { readFileSync } from 'node:fs'
import type { Bridge } from '../bridge.ts'
import { personOf } from '../whatsapp/address.ts'

/** Set when the bundle is built. */
declare const BRIDGE_VERSION: string

/** The public part of the status. */
export function healthOf(bridge: Bridge) {
  const { run } = bridge
  const check = run?.linkCheck.status
  const isLive = run?.link.live !== undefined
  // A link whose messages WhatsApp does not acknowledge is unusable, although it is alive.
  const connected = isLive && check?.result !== 'no_ack'
  // A link on which nothing arrives is not connected, whatever state was last reported.
  const lost = isLive ? 'unanswered' : 'connecting'
  const state = bridge.state === 'connected' && !connected ? lost : bridge.state
  return {
    connected,
    ts: Date.now(),
    state,
    since: bridge.since,
    last_code: run?.link.status.lastCode ?? null,
    inbox: run?.inbox.length ?? null,
    link_check: check ?? null,
    version: BRIDGE_VERSION,
  }
}

/** The status for an authenticated client. */
export function statusOf(bridge: Bridge) {
  const { run } = bridge
  const me = run?.session.isPaired ? run.session.creds.me : undefined
  return {
    ...healthOf(bridge),
    account: me ? { ...personOf(me.id, me.lid), name: me.name ?? null } : null,
    pairing_code: run?.link.pairingCode?.text ?? null,
    pairing_code_expires_at: run?.link.pairingCode?.until ?? null,
    restriction: run?.link.restriction ?? null,
    refused_by_daemon: run?.courier.refused ?? 0,
    media_waiting: run?.media.waiting ?? 0,
  }
}

/** Resident memory of the process in bytes (proc_pid_statm(5)). */
export function residentBytes(): number {
  try {
    return Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096
  } catch {
    return process.memoryUsage.rss()
  }
}
