process.stderr.write('The bridge does nothing yet.\n')
process.exitCode = 1
