// libsignal prints whole session records to the console, private keys among them. No code of the bridge uses the
// console, so it is disabled: this must be loaded before any library.
for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const) console[name] = () => {}
