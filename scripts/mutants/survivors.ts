import type { Bug } from './bugs.ts'

/** How a survivor is named: its file, the line, and what the line becomes. */
export function survivorText({ file, start, end, with: instead }: Bug, source: string): string {
  const from = source.lastIndexOf('\n', start - 1) + 1
  const to = source.indexOf('\n', end)
  const before = source.slice(from, to)
  const after = source.slice(from, start) + instead + source.slice(end, to)
  return `${file}: ${oneLine(before)} -> ${oneLine(after)}`
}

const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ')

/** Bugs that no test notices, each with the reason why none should. */
export const knownSurvivors: Record<string, string> = {
  'packages/runner/src/order/fit-report.ts: for (let textLength = firstTextLength; textLength > 1; textLength /= 2) { -> for (let textLength = firstTextLength; textLength > 0; textLength /= 2) {':
    'below two characters a text and a list cannot become shorter: the further rounds end alike',
  'packages/runner/src/protocol/journal.ts: await this.#file.datasync() -> ;':
    'seen from outside the process alone: order-of-writes.tools.test.ts watches its system calls',
  'packages/control-plane/src/orders/claim.ts: random: 0, -> random: 1,':
    'spreads retries, and what ends here is not retried',
  'packages/runner/src/executor/spent-grants.ts: const isMark = (name: string) => /^at\\.\\d+$/.test(name) -> const isMark = (name: string) => /at\\.\\d+$/.test(name)':
    'no other name in the folder has a t before a point',
  "packages/runner/src/executor/spent-grants.ts: if (others.some((name) => attemptOf(name) > grant.attempt)) return 'A later attempt of this order was executed here.' -> if (others.some((name) => attemptOf(name) >= grant.attempt)) return 'A later attempt of this order was executed here.'":
    'its own attempt is not among the others',
  'packages/runner/src/executor/told-course.ts: if (!this.#stop.aborted) await this.#drained(this.#stop) -> if (false) await this.#drained(this.#stop)':
    'the runner then has two seconds of real time instead of any: a test would have to wait for longer',
  'packages/control-plane/src/orders/claim.ts: const giveBack = wanted.waitSec > 0 ? claimer.take() : () => {} -> const giveBack = wanted.waitSec > 1 ? claimer.take() : () => {}':
    'a wait of a second holds no more than the requests that come within it',
  'packages/control-plane/src/proofs.ts: this.#sweep(now) -> ;':
    'bounds memory: what it forgets would be refused for its age',
  'packages/control-plane/src/instances.ts: if (instances.sightings.every(({ lastAt }) => now - lastAt > runnerOfflineAfterMs)) this.#known.delete(id) -> if (instances.sightings.every(({ lastAt }) => now - lastAt >= runnerOfflineAfterMs)) this.#known.delete(id)':
    'a millisecond of ninety seconds, and what is forgotten stands in the row',
  'packages/control-plane/src/instances.ts: const cloned = known !== undefined && clonesOf(known.instances, now).length > 0 -> const cloned = known !== undefined && clonesOf(known.instances, now).length > 1':
    'there are two of them, or none',
  'packages/kernel/src/http/problem.ts: ...(fields ? { fields } : {}), -> ...(({ fields })),':
    'JSON leaves out what is undefined',
  "packages/control-plane/src/access.ts: const text = bearer.replace(/^Bearer +/i, '') -> const text = bearer.replace(/Bearer +/i, '')":
    'who writes the word into the middle of a token has the token',
  'packages/control-plane/src/audit/verification.ts: while (step.reached.seq < last && !step.full) { -> while (step.reached.seq <= last && !step.full) {':
    'a page of no entries ends the loop too',
  'packages/control-plane/src/audit/signed-head.ts: const [body, signature] = [text.slice(0, end), text.slice(end + 1)] -> const [body, signature] = [text.slice(0, end), text.slice(end + 0)]':
    'reading base64url passes over the point before it',
  'packages/control-plane/src/orders/order-archive.ts: if (whole < size) await file.truncate(whole) -> if (whole <= size) await file.truncate(whole)':
    'cuts a file to the length that it has',
  "packages/runner/src/output/redact.ts: if (this.#held.length <= this.#limit && !text.includes('\\n')) return '' -> if (this.#held.length < this.#limit && !text.includes('\\n')) return ''":
    'what is held is looked through one letter earlier, and kept all the same',
  "packages/kernel/src/secret-spans.ts: if (!saysSecret(name) && !saysSecret(name.replace(/^.*[.@$](?=\\w)/, ''))) return false -> if (!saysSecret(name) && !saysSecret(name.replace(/.*[.@$](?=\\w)/, ''))) return false":
    'a name has no line break, so what begins with anything begins with the name',
  "packages/kernel/src/secret-spans.ts: while (from > 0 && to - from < longestName && nameLetters.has(text[from - 1] ?? '')) from -= 1 -> while (from > 0 && to - from <= longestName && nameLetters.has(text[from - 1] ?? '')) from -= 1":
    'a bound that no name comes near: it only keeps the time linear',
}
