import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askEverybody, faultsOf, matrixText } from './access-matrix.ts'
import { foreignFaults, ownerFaults, ownersView, undeclaredIds } from './foreign-owner.ts'
import { fuzzFaults, strayFaults } from './fuzz.ts'
import { RouteWorld } from './route-world.ts'
import { leaks } from './secrets.ts'
import { acceptedStale } from './stale-credentials.ts'
import type { StartedApp, TestedApp } from './tested-app.ts'

export type { Caller, StartedApp, TestedApp, Thing } from './tested-app.ts'

/** Tests of every route that an app has, made from its own document: they come by themselves with each new route. */
export function testEveryRoute<S extends StartedApp>(tested: TestedApp<S>): void {
  describe('every route', () => {
    let started: S
    let world: RouteWorld
    beforeAll(async () => {
      started = await tested.start()
      await started.app.ready()
      world = new RouteWorld(tested, started) as unknown as RouteWorld
    })
    afterAll(() => started.close())

    test('says of each id that it takes what it is of', () => {
      expect(undeclaredIds(world)).toEqual([])
    })

    test('lets in whom its policy names and nobody else, as was read and agreed', async () => {
      const rows = await askEverybody(world)
      expect(faultsOf(world, rows)).toEqual([])
      await expect(matrixText(world, rows)).toMatchFileSnapshot(tested.accessFile)
      expect(world.takeFaults()).toEqual([])
    })

    test('takes no credential that does not hold', async () => {
      expect(await acceptedStale(world)).toEqual([])
      expect(world.takeFaults()).toEqual([])
    })

    test('keeps what belongs to somebody from everybody else, by whatever id, and lets its owner in', async () => {
      const before = await ownersView(world)
      expect(await foreignFaults(world)).toEqual([])
      expect(await ownersView(world)).toEqual(before)
      expect(await ownerFaults(world)).toEqual([])
      expect(world.takeFaults()).toEqual([])
    })

    test('keeps secrets out of the log, out of errors and out of answers to others', async () => {
      expect(await leaks(world)).toEqual([])
      expect(world.takeFaults()).toEqual([])
    })

    test('answers whatever is sent to it as its document says, never with 5xx, and the app goes on', async () => {
      expect(await strayFaults(world)).toEqual([])
      expect(await fuzzFaults(world)).toEqual([])
      for (const { path } of world.document.operations.filter(
        ({ method, access }) => method === 'GET' && access === 'public',
      ))
        expect([path, (await started.app.inject(path)).statusCode]).toEqual([path, 200])
      expect(world.takeFaults()).toEqual([])
    }, 600_000)
  })
}
