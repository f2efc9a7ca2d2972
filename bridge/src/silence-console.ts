// libsignal prints complete session records, including private keys, to the console. No code of the bridge uses the
// console, so these methods are disabled. Import this module before any library.
for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const) console[name] = () => {}
