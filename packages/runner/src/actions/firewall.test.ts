import { catalogue } from '@ikoma/api'
import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'
import { firewallTools, isActive, runRollback } from '@ikoma/machine/testing/ufw-tools'
import { describe, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { firewallMachine } from '../testing/cases/firewall.ts'
import { firewall } from './firewall.ts'

const {
  'firewall.ufw.apply': applyFirewall,
  'firewall.ufw.confirm': confirmFirewall,
  'firewall.ufw.status': showFirewall,
} = firewall

const { payload: schema } = catalogue['firewall.ufw.apply']
const rulesFile = '/etc/ufw/user.rules'

function apply(machine: SimulatedHost, rules: object[], more: object = {}) {
  return applyFirewall(schema.parse({ rules, ...more }), actionContext({ machine }))
}

const confirm = (machine: SimulatedHost) => confirmFirewall({}, actionContext({ machine }))
const status = async (machine: SimulatedHost) => (await showFirewall({}, actionContext({ machine }))).output

/** systemctl with a socket of SSH on port 2222, as systemd tells of it. */
const sshSocket =
  (state: string): Tool =>
  (call) => {
    const [verb] = call.args
    const isSocket = verb === 'show' && call.args.includes('--property=Listen') && call.args.at(-1) === 'ssh.socket'
    return isSocket ? { stdout: `Listen=[::]:2222 (Stream)\n${state}\n` } : (firewallTools().systemctl?.(call) ?? {})
  }

describe('nobody is locked out', () => {
  const me = '203.0.113.7'
  test.each<[string, object[], string]>([
    ['without the port of SSH', [{ port: 443 }], 'port 22'],
    ['with it for UDP only', [{ port: 22, protocol: 'udp' }], 'port 22'],
    ['that denies it first', [{ port: 1, lastPort: 1024, action: 'deny' }, { port: 22 }], 'port 22'],
    ['that lets in others than who is connected', [{ port: 22, from: '10.0.0.0/8' }], me],
    ['that opens only the ports below', [{ port: 20, lastPort: 21 }], 'port 22'],
    ['that denies who is connected first', [{ port: 22, from: `${me}/24`, action: 'reject' }, { port: 22 }], me],
  ])('by a rule set %s', async (_, rules, named) => {
    const machine = firewallMachine([me])
    const before = machine.snapshot()
    await expect(apply(machine, rules)).rejects.toMatchObject({
      reason: 'would_lock_out',
      message: expect.stringContaining(named),
    })
    expect(machine.snapshot()).toEqual(before)
  })

  test.each<[string, object[]]>([
    ['lets everybody try', [{ port: 22, action: 'limit' }]],
    ['lets in the network of who is connected', [{ port: 20, lastPort: 30, from: '203.0.113.0/24' }]],
    ['denies somebody else first', [{ port: 22, from: '198.51.100.9', action: 'deny' }, { port: 22 }]],
  ])('so a rule set is taken that %s', async (_, rules) => {
    expect(await apply(firewallMachine([me, '127.0.0.1']), rules)).toMatchObject({ ok: true })
  })

  test.each<[string, string, Tool]>([
    [
      'sshd',
      'is told to listen on',
      ({ args }) => (args[0] === '-T' ? { stdout: 'addressfamily any\nport 22\nport 2222\n' } : { code: 1 }),
    ],
    ['systemctl', 'has systemd listen on for it', sshSocket('ActiveState=active\nUnitFileState=disabled')],
    ['systemctl', 'will have systemd listen on for it', sshSocket('ActiveState=inactive\nUnitFileState=enabled')],
  ])('without a port that %s %s, though nobody came that way yet', async (program, _, tool) => {
    const machine = firewallMachine()
    machine.install(program, tool)
    await expect(apply(machine, [{ port: 22 }])).rejects.toMatchObject({
      reason: 'would_lock_out',
      message: expect.stringContaining('port 2222'),
    })
  })

  test('but by a socket that systemd has and nobody uses nobody comes', async () => {
    const machine = firewallMachine()
    machine.install('systemctl', sshSocket('ActiveState=inactive\nUnitFileState=disabled'))
    expect(await apply(machine, [{ port: 22 }])).toMatchObject({ ok: true })
  })

  test('by IPv6, or by IPv4 within it', async () => {
    const machine = firewallMachine(['[2001:db8::7]', '[::ffff:203.0.113.7]'])
    await expect(apply(machine, [{ port: 22, from: '203.0.113.7' }])).rejects.toMatchObject({
      message: expect.stringContaining(': 2001:db8::7, who is connected to port 22. Add'),
    })
    const both = [
      { port: 22, from: '203.0.113.7' },
      { port: 22, from: '2001:db8::7' },
    ]
    expect(await apply(machine, both)).toMatchObject({ ok: true })
  })

  test('where systemd does not run, for nothing would put the firewall back', async () => {
    const machine = firewallMachine()
    machine.install('systemctl', () => ({ code: 1, stdout: 'offline\n' }))
    await expect(apply(machine, [{ port: 22 }])).rejects.toMatchObject({ reason: 'no_systemd' })
    expect(isActive(machine)).toBe(false)
  })
})

describe('what Docker lets in past it', () => {
  const bound = (HostIp: string, HostPort: string) => ({ HostIp, HostPort })
  const container = (name: string, network: string, ports: object) =>
    JSON.stringify({ name: `/${name}`, network, ports })
  const told = [
    container('web', 'shop_default', { '80/tcp': [bound('0.0.0.0', '8000'), bound('::', '8000')], '81/tcp': null }),
    container('db', 'bridge', { '5432/tcp': [bound('127.0.0.1', '5432')], '1/udp': [bound('', '53')] }),
    container('many', 'bridge', { '1/tcp': [bound('10.0.0.1', '3001')], '2/tcp': [bound('10.0.0.1', '3000')] }),
    container('near', 'host', {}),
    'not what was asked for',
  ]
  const docker: Tool = ({ args: [, verb] }) =>
    verb === 'ls' ? { stdout: 'a\nb\nc\nd\n' } : { stdout: told.join('\n'), code: 1 }

  test('is named, each port and range with its container and address', async () => {
    const machine = firewallMachine()
    machine.install('docker', docker)
    const { summary, output } = await showFirewall({}, actionContext({ machine }))
    expect(output).toMatchObject({
      published: [
        { container: 'db', address: '0.0.0.0', port: 53, protocol: 'udp' },
        { container: 'many', address: '10.0.0.1', port: 3000, lastPort: 3001, protocol: 'tcp' },
        { container: 'web', address: '0.0.0.0', port: 8000, protocol: 'tcp' },
        { container: 'web', address: '::', port: 8000, protocol: 'tcp' },
      ],
      hostNetwork: ['near'],
    })
    expect(summary).toContain(
      'past it: db: 53/udp on 0.0.0.0; many: 3000-3001/tcp on 10.0.0.1; web: 8000/tcp on 0.0.0.0',
    )
  })

  test('is nothing that is known where Docker is down', async () => {
    const machine = firewallMachine()
    machine.install('docker', () => ({ code: 1, stderr: 'Cannot connect to the Docker daemon' }))
    expect(await status(machine)).not.toHaveProperty('published')
  })
})

describe('when ufw fails half-way', () => {
  async function failing(fails: (args: readonly string[]) => boolean) {
    const machine = firewallMachine()
    await apply(machine, [{ port: 22 }, { port: 80 }])
    await confirm(machine)
    const before = machine.contentOf(rulesFile)
    const ufw = firewallTools().ufw as Tool
    machine.install('ufw', (call) => (fails(call.args) ? { code: 1, stderr: 'ERROR: locked' } : ufw(call)))
    await expect(apply(machine, [{ port: 22 }, { port: 443 }])).rejects.toMatchObject({ reason: 'tool_failed' })
    return { machine, before }
  }

  test('the rules are put back, and nothing waits to be put back', async () => {
    const { machine, before } = await failing((args) => args.includes('443'))
    expect(machine.contentOf(rulesFile)).toBe(before)
    expect(await status(machine)).toMatchObject({ active: true, enabled: true, awaitsConfirmation: false })
  })

  test('and does not even go back, systemd does it in time', async () => {
    let broken = false
    const { machine } = await failing((args) => {
      broken ||= args.includes('reload')
      return broken && args.includes('reload')
    })
    expect(await status(machine)).toMatchObject({ awaitsConfirmation: true })
  })
})

describe('a firewall that nobody confirms', () => {
  test('is put back as it was, switched off as it was, and cannot be confirmed any more', async () => {
    const machine = firewallMachine()
    const before = machine.contentOf(rulesFile)
    await apply(machine, [{ port: 22 }, { port: 80 }])
    expect(await status(machine)).toMatchObject({ active: true, awaitsConfirmation: true })
    runRollback(machine)
    expect(await status(machine)).toMatchObject({
      active: false,
      rules: [],
      awaitsConfirmation: false,
      rolledBack: true,
    })
    expect(machine.contentOf(rulesFile)).toBe(before)
    await expect(confirm(machine)).rejects.toMatchObject({ reason: 'rolled_back' })
  })

  test('waits also after a boot, which does not lose what is to be put back', async () => {
    const machine = firewallMachine()
    await apply(machine, [{ port: 22 }])
    const timer = 'ikoma-firewall-rollback.timer'
    expect(machine.state.firewall).toEqual({ active: true, enabledUnits: [timer], activeUnits: [timer] })
  })

  test('goes back to what was last confirmed, however often it was changed since', async () => {
    const machine = firewallMachine()
    await apply(machine, [{ port: 22 }])
    await confirm(machine)
    await apply(machine, [{ port: 22 }, { port: 80 }])
    await apply(machine, [{ port: 22 }, { port: 80 }, { port: 443 }])
    runRollback(machine)
    expect(await status(machine)).toMatchObject({ active: true, enabled: true, rules: ['allow 22/tcp'] })
  })
})

test('a firewall that was confirmed stays, and a second confirmation changes nothing', async () => {
  const machine = firewallMachine()
  await apply(machine, [{ port: 22 }])
  expect(await confirm(machine)).toMatchObject({ ok: true, output: { changed: true } })
  expect(await status(machine)).toMatchObject({ active: true, awaitsConfirmation: false, rolledBack: false })
  expect(machine.state.firewall).toEqual({ active: true, enabledUnits: [], activeUnits: [] })
  expect(await machine.list('/etc/ufw')).not.toContain('ikoma')
  expect(await machine.list('/etc/systemd/system')).toEqual(['ssh.service'])
  expect(await confirm(machine)).toMatchObject({ ok: true, output: { changed: false } })
})

test('the plan shows the rules that go and those that come, and the old ones stay loaded until the new are', async () => {
  const machine = firewallMachine()
  await apply(machine, [{ port: 22 }, { port: 5432, from: '10.0.0.0/8', comment: 'db' }])
  machine.ran.length = 0
  const result = await apply(machine, [{ port: 22 }, { port: 443 }])
  expect(result.output?.changes).toMatchObject([
    {},
    { diff: "-allow from 10.0.0.0/8 to any port 5432 proto tcp comment 'db'\n+allow 443/tcp" },
  ])
  const verbs = machine.ran.filter(([program]) => program === 'ufw').map(([, verb]) => verb)
  expect(verbs).not.toContain('disable')
  expect(verbs.filter((verb) => verb === 'reload')).toHaveLength(1)
})

test('the plan shows that a firewall is switched on, and what becomes of what no rule is about', async () => {
  const machine = firewallMachine()
  machine.put('/etc/default/ufw', 'IPV6=yes\nDEFAULT_INPUT_POLICY="ACCEPT"\nDEFAULT_OUTPUT_POLICY="DROP"\n')
  const result = await apply(machine, [{ port: 22 }], { incoming: 'reject' })
  expect(result.output?.changes).toMatchObject([
    {},
    {
      title: 'set the rules of the firewall, and turn it on',
      diff: [
        ...['-disable', '-default allow incoming', '-default deny outgoing'],
        ...['+enable', '+default reject incoming', '+default allow outgoing', '+allow 22/tcp'],
      ].join('\n'),
    },
  ])
  expect(await status(machine)).toMatchObject({ incoming: 'reject', outgoing: 'allow' })
})

test('only what no rule is about may differ, and that is another firewall', async () => {
  const machine = firewallMachine()
  await apply(machine, [{ port: 22 }])
  const result = await apply(machine, [{ port: 22 }], { incoming: 'reject' })
  expect(result.output?.changes).toMatchObject([{}, { diff: '-default deny incoming\n+default reject incoming' }])
})

test('rules of others go as well, those for what is passed on among them', async () => {
  const machine = firewallMachine()
  const deleted: string[] = []
  const ufw = firewallTools().ufw as Tool
  machine.install('ufw', (call) => {
    if (call.args.includes('delete')) deleted.push(call.args.join(' '))
    const added = "ufw route allow in on eth1\nufw allow from 10.0.0.1 comment 'it is theirs'\nufw allow 'Nginx Full'\n"
    return call.args.includes('added') ? { stdout: added } : ufw(call)
  })
  await apply(machine, [{ port: 22 }])
  expect(deleted).toEqual([
    '--force route delete allow in on eth1',
    '--force delete allow from 10.0.0.1',
    '--force delete allow Nginx Full',
  ])
})

test('the same rules in another order are another firewall', async () => {
  const machine = firewallMachine()
  await apply(machine, [{ port: 22 }, { port: 80 }])
  expect(await apply(machine, [{ port: 80 }, { port: 22 }])).toMatchObject({ ok: true, output: { changed: true } })
  expect((await status(machine))?.rules).toEqual(['allow 80/tcp', 'allow 22/tcp'])
})

test('addresses are taken as ufw keeps them, so that nothing differs the second time', async () => {
  const machine = firewallMachine()
  const sources = ['10.1.2.3/8', '192.0.2.7/32', '2001:DB8:0::1/32', '2001:db8::7/128', 'fe80::ffff/121']
  const rules = [{ port: 22 }, ...sources.map((from) => ({ port: 80, from }))]
  await apply(machine, rules)
  expect(machine.contentOf(rulesFile)).toContain('10.0.0.0/8 in\n')
  const kept = schema.parse({ rules }).rules.map(({ from }) => from)
  expect(kept).toEqual(['any', '10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '2001:db8::7', 'fe80::ff80/121'])
  expect(await apply(machine, rules)).toMatchObject({ output: { changed: false } })
})

test('a rule for IPv6 where ufw leaves that out is refused', async () => {
  const machine = firewallMachine()
  machine.put('/etc/default/ufw', 'IPV6=no\nDEFAULT_INPUT_POLICY="DROP"\n')
  await expect(apply(machine, [{ port: 22 }, { port: 80, from: '2001:db8::1' }])).rejects.toMatchObject({
    reason: 'ipv6_off',
  })
})
