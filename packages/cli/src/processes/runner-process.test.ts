import { expect, it } from 'vitest'
import { environmentSchema } from './config.ts'
import { environment } from './run-runner.ts'
import { environmentOfRunner } from './runner-process.ts'

it('hands the runner of `ikoma up` every variable that a runner reads, and no secret of the control plane', () => {
  const everything = Object.fromEntries(Object.keys(environmentSchema.shape).map((name) => [name, 'given']))
  const handed = Object.keys(environmentOfRunner(everything))
  // Its folder it is told by an option.
  const read = Object.keys(environment.shape).filter((name) => name !== 'IKOMA_RUNNER_DIR')
  expect(handed).toEqual(expect.arrayContaining(read))
  for (const secret of ['IKOMA_ADMIN_KEY', 'DATABASE_URL', 'DATABASE_LISTEN_URL', 'METRICS_TOKEN', 'IKOMA_KEYS_DIR']) {
    expect(handed).not.toContain(secret)
  }
})
