// Talks to the executor by hand, as whoever has taken over the runner would: sends what it is given, prints what it hears.
import { connect } from 'node:net'

const [, , path = ''] = process.argv
const socket = connect(path)
socket.once('connect', () => process.stdin.pipe(socket, { end: false }))
socket.once('error', (error: NodeJS.ErrnoException) => {
  process.stdout.write(`${JSON.stringify({ error: error.code })}\n`)
})
socket.once('close', () => process.exit())
socket.pipe(process.stdout)
