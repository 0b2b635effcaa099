import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { portField } from './fields/port.ts'
import { change, family, look } from './order-type.ts'

/** As ufw keeps it: without host bits, and without the prefix that means one address. */
const sourceField = z
  .union([z.literal('any'), z.ipv4(), z.cidrv4(), z.ipv6(), z.cidrv6()])
  .transform((source) => (source === 'any' ? source : networkOf(source)))

const ruleField = z
  .strictObject({
    action: z
      .enum(['allow', 'limit', 'deny', 'reject'])
      .default('allow')
      .describe(
        'What becomes of a connection; `limit` allows it, but refuses an address that connects six times within 30 seconds.',
      ),
    port: portField.describe('The port that connections are made to, or the first of a range.'),
    lastPort: portField
      .optional()
      .describe('The last port of a range that begins with `port`; without it the rule is about one port.'),
    protocol: z.enum(['tcp', 'udp']).default('tcp').describe('The protocol that the port belongs to.'),
    from: sourceField
      .default('any')
      .describe(
        'Where connections come from: an IP address, a network such as `10.0.0.0/8`, or `any`, which is the default.',
      ),
    comment: z
      .string()
      .regex(/^[A-Za-z0-9]([A-Za-z0-9 ._/:-]{0,58}[A-Za-z0-9])?$/, 'letters, digits, spaces and . _ / : -')
      .optional()
      .describe('A remark that ufw keeps with the rule.'),
  })
  .refine(({ port, lastPort }) => lastPort === undefined || lastPort > port, {
    path: ['lastPort'],
    message: 'is not after port',
  })

export const firewall = family({
  'firewall.ufw.apply': change({
    title: { en: 'Set the firewall', fr: 'Régler le pare-feu' },
    timeoutSec: 300,
    turn: 'ufw',
    payload: z.strictObject({
      incoming: z
        .enum(['deny', 'reject'])
        .default('deny')
        .describe('What becomes of incoming connections that no rule is about: dropped in silence, or refused.'),
      rules: z
        .array(ruleField)
        .min(1)
        .max(200)
        .describe('All the rules there are to be, others are removed; the first that is about a connection decides.'),
      confirmWithinSec: z
        .number()
        .int()
        .min(30)
        .max(3600)
        .default(180)
        .describe(
          'Seconds within which `firewall.ufw.confirm` must come; otherwise the firewall is put back as it was.',
        ),
    }),
    example: { rules: [{ port: 22 }] },
    output: changeOutput.extend({ awaitsConfirmation: z.boolean(), confirmWithinSec: z.number().int() }),
  }),

  'firewall.ufw.confirm': change({
    title: { en: 'Keep the firewall as it is', fr: 'Conserver le pare-feu tel quel' },
    timeoutSec: 60,
    turn: 'ufw',
    staysAfterStop: 'the firewall is confirmed at once or not at all',
    payload: z.strictObject({}),
    example: {},
  }),

  'firewall.ufw.status': look({
    title: { en: 'Show the firewall', fr: 'Montrer le pare-feu' },
    privileged: true,
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      active: z.boolean(),
      enabled: z.boolean().describe('Whether it is started at boot.'),
      incoming: z.string(),
      outgoing: z.string(),
      ipv6: z.boolean(),
      rules: z.array(z.string()).describe('The first 500, each as the words after `ufw` that would add it.'),
      sshPorts: z.array(z.number().int()),
      awaitsConfirmation: z.boolean(),
      rolledBack: z.boolean().describe('The last change was not confirmed in time.'),
      published: z
        .array(
          z.object({
            container: z.string(),
            address: z.string(),
            port: z.number().int(),
            lastPort: z.number().int().optional(),
            protocol: z.string(),
          }),
        )
        .optional()
        .describe(
          'Ports that containers publish to other machines, past these rules; where there is Docker. The first 500.',
        ),
      hostNetwork: z
        .array(z.string())
        .optional()
        .describe("Containers in the server's own network, which these rules are about."),
    }),
  }),
})

function networkOf(source: string): string {
  return source.includes(':') ? networkOf6(source) : networkOf4(source)
}

function networkOf4(source: string): string {
  const [address = '', prefix = '32'] = source.split('/')
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const hostSize = 2 ** (32 - Number(prefix))
  const network = Math.floor(number / hostSize) * hostSize
  const text = [24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')
  return prefix === '32' ? text : `${text}/${Number(prefix)}`
}

function networkOf6(source: string): string {
  const [address = '', prefix = '128'] = source.split('/')
  const [head = '', tail = ''] = shortest(address).split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail)]
  const groups = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  const kept = groups.map((group, index) => {
    const bits = Math.min(Math.max(Number(prefix) - 16 * index, 0), 16)
    return (group - (group % 2 ** (16 - bits))).toString(16)
  })
  const network = shortest(kept.join(':'))
  return prefix === '128' ? network : `${network}/${Number(prefix)}`
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

/** As a URL writes it, which is also how ufw does. */
function shortest(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
