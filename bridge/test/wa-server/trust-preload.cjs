// Preloaded into the client under test: node --require trust-preload.cjs <client>
//
// Baileys trusts one root key, a literal in its code, and downloads media from a fixed host if a message names none.
// This module replaces both with the test server's while the client runs, so that the client's files, libraries and
// bundle stay unchanged.
// WA_TEST_ROOT_KEY: the server's root key, in hex. WA_TEST_MEDIA_HOST (optional): its media host, `127.0.0.1:<port>`.
'use strict'

const PINNED_ROOT_KEY = '142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b'
const PUBLIC_MEDIA_HOST = 'https://mmg.whatsapp.net/'

const { WA_TEST_ROOT_KEY: rootKey, WA_TEST_MEDIA_HOST: mediaHost } = process.env

if (rootKey) {
  if (!/^[0-9a-f]{64}$/.test(rootKey)) throw new Error('WA_TEST_ROOT_KEY is not a key in hex')
  const { from } = Buffer
  Buffer.from = function (value, ...rest) {
    return from.call(this, value === PINNED_ROOT_KEY ? rootKey : value, ...rest)
  }
}

if (mediaHost) {
  if (!/^127\.0\.0\.1:\d+$/.test(mediaHost)) throw new Error('WA_TEST_MEDIA_HOST is not on loopback')
  const { fetch } = globalThis
  globalThis.fetch = (target, init) => {
    const url = String(target?.url ?? target)
    if (!url.startsWith(PUBLIC_MEDIA_HOST)) return fetch(target, init)
    return fetch(`https://${mediaHost}/${url.slice(PUBLIC_MEDIA_HOST.length)}`, init)
  }
}
