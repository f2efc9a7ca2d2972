// Node 18 has Web Crypto, but not as the global that Baileys expects. Every entry point (bridge, tests, test server)
// imports this module before all others. It is plain JavaScript because the test programs import it without a build.
import { webcrypto } from 'node:crypto'

globalThis.crypto ??= webcrypto
