// Node 18 has Web Crypto, but not as the global that Baileys expects. Every entry point (bridge, tests, test server) imports
// this module before anything else; it is plain JavaScript because the test programs import it as it is.
import { webcrypto } from 'node:crypto'

globalThis.crypto ??= webcrypto
