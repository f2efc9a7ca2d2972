// For a process that must exit with its parent: node --require lifeline.cjs <program>
//
// The parent keeps a pipe open on the process's standard input; when the parent exits for any reason, the process
// exits too.
'use strict'

const end = () => process.exit(1)
process.stdin.on('end', end).on('error', end).resume()
