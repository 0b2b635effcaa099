// Prints the secret it was given in every way a careless program might.
import { setTimeout as sleep } from 'node:timers/promises'

const secret = process.env.API_TOKEN ?? ''
const half = Math.floor(secret.length / 2)

process.stdout.write(`plain ${secret}\n`)
process.stdout.write(`base64 ${Buffer.from(`user:${secret}`).toString('base64')}\n`)
process.stdout.write(`hex ${Buffer.from(secret).toString('hex')}\n`)
process.stdout.write(`url https://example.com/?q=${encodeURIComponent(secret)}\n`)
process.stdout.write(`split ${secret.slice(0, half)}`)
await sleep(700)
process.stdout.write(`${secret.slice(half)} end\n`)
process.stderr.write(`${secret}${secret}\n`)
process.stdout.write('nothing to hide\n')
