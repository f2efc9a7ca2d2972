// For a process that must not outlive its parent: node --require lifeline.cjs <program>
//
// The parent keeps a pipe open on its standard input; when the parent is gone, however that came, so is the process.
'use strict'

const end = () => process.exit(1)
process.stdin.on('end', end).on('error', end).resume()
