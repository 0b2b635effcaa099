import { expect, test } from 'vitest'
import { Retelling } from './retelling.ts'

function setup() {
  const told: string[] = []
  const retelling = new Retelling({
    log: (text) => void told.push(text),
    capture: async (printed, stream) => {
      for await (const bytes of printed) told.push(`${stream} ${bytes}`)
      return ''
    },
    step: async (name, run) => {
      try {
        const result = await run()
        told.push(`${name} ended`)
        return result
      } catch (error) {
        told.push(`${name} failed: ${(error as Error).message}`)
        throw error
      }
    },
  })
  return { told, retelling }
}

test('each step ends as it is told, the one that was begun last first', async () => {
  const { told, retelling } = setup()
  for (const event of [{ begin: 'a' }, { begin: 'b' }, { end: 'b', error: 'no' }, { end: 'a' }, { log: 'after' }]) {
    await retelling.tell(event)
  }
  await retelling.end()
  expect(told).toEqual(['b failed: no', 'a ended', 'after'])
})

test('a step that nobody ended has failed once nothing more will be told', async () => {
  const { told, retelling } = setup()
  await retelling.tell({ begin: 'a' })
  await retelling.end()
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual(['a failed: The executor went away.'])
})

test('what is told after something was printed is heard after it', async () => {
  const { told, retelling } = setup()
  await retelling.tell({ printed: 'one', stream: 'stderr' })
  await retelling.tell({ log: 'two' })
  expect(told).toEqual(['stderr one', 'two'])
})
