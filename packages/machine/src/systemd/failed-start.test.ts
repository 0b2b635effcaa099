import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { meaningOfExit } from './exit-meaning.ts'
import { failedStart } from './failed-start.ts'
import { systemctl } from './systemctl.ts'

function machine(status: number, said: readonly string[], result = 'exit-code') {
  const state = [
    ...['LoadState=loaded', 'ActiveState=failed', 'SubState=failed', `Result=${result}`, `ExecMainStatus=${status}`],
    ...['Environment=API_TOKEN=inline-token-1', 'EnvironmentFiles=/srv/shop/.env (ignore_errors=no)'],
  ]
  const lines = said.map((MESSAGE, at) => JSON.stringify({ __REALTIME_TIMESTAMP: String(at * 1e6), MESSAGE })).reverse()
  return new SimulatedHost({
    files: { '/srv/shop/.env': "DB_PASSWORD='battery-staple-9'\n" },
    tools: {
      systemctl: () => ({ stdout: `${state.join('\n')}\n` }),
      journalctl: () => ({ stdout: `${lines.join('\n')}\n` }),
    },
  })
}

test('a start that failed tells the last words of that run, and what its exit code means', async () => {
  const host = machine(200, [
    'Started shop.service - Shop.',
    'of a run before',
    'shop.service: Main process exited, code=exited, status=1/FAILURE',
    'Started shop.service - Shop.',
    'shop.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory',
    'shop.service: Main process exited, code=exited, status=200/CHDIR',
    "shop.service: Failed with result 'exit-code'.",
  ])
  const { message, reason } = await failedStart(host, 'shop.service', 'does not stay up')
  expect(reason).toBe('service_does_not_stay_up')
  expect(message).toContain('exit code 200/CHDIR: its working directory is not there, or closed to its user')
  expect(message).toContain('\nshop.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory\n')
  expect(message).not.toMatch(/a run before|Main process exited/)
})

test.each(['start', 'restart'] as const)('so does a %s that systemd itself says failed', async (verb) => {
  const host = machine(203, ['Started shop.service - Shop.', 'shop.service: Failed to execute /usr/bin/nodee'])
  const shown = await host.run({ argv: ['systemctl', 'show'] })
  const refusal = { code: 1, stderr: 'Job for shop.service failed. See "systemctl status shop.service" for details.' }
  host.install('systemctl', ({ args }) => (args[0] === verb ? refusal : { stdout: shown.stdout }))
  await expect(systemctl(host, verb, 'shop.service')).rejects.toMatchObject({
    reason: 'service_does_not_stay_up',
    message: expect.stringMatching(/203\/EXEC.*\nshop.service: Failed to execute \/usr\/bin\/nodee\n/s),
  })
})

test('no value of its environment or of its files of variables is among them', async () => {
  const host = machine(1, ['Started shop.service - Shop.', 'login with inline-token-1 and battery-staple-9 refused'])
  const { message } = await failedStart(host, 'shop.service', 'does not start')
  expect(message).toContain('login with [REDACTED] and [REDACTED] refused')
})

test('a log that cannot be read hides nothing of the failure', async () => {
  const host = machine(217, [])
  host.install('journalctl', () => ({ code: 1, stderr: 'No journal files were found.' }))
  const { message } = await failedStart(host, 'shop.service', 'does not start')
  expect(message).toContain(
    'exit code 217/USER: its user does not exist (User=). Its log says why: service.systemd.logs',
  )
})

test.each([
  [203, 'exit-code', '203/EXEC'],
  [226, 'exit-code', '226/NAMESPACE'],
  [127, 'exit-code', 'is not there'],
  [9, 'signal', 'ended by signal 9'],
  [7, 'exit-code', 'exit code 7'],
])('exit code %i with %s is %s', (code, result, meaning) => {
  expect(meaningOfExit(code, result)).toContain(meaning)
})
