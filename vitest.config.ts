import { defineConfig } from 'vitest/config'

/** Tests of the quick projects share modules and stores: each fails that leaves something behind in what they share. */
const putBack = 'packages/kernel/src/testing/put-back.ts'
/** What is opened is closed. Elsewhere stores stay open from one test to the next. */
const openFiles = 'packages/kernel/src/testing/open-files.ts'
const propertyRuns = 'packages/kernel/src/testing/property-runs.ts'

// Three quick projects make `npm test`. The files of each share modules, which hold no state: loading these for each file
// took as long as the tests. The others have commands of their own: tools needs programs of the system (systemd,
// nginx, caddy, docker-compose), e2e starts whole processes, power-cut and failover need root, vps root and Docker.
export default defineConfig({
  test: {
    // What a test waits for is an event, never a time of this order: it is only what ends one that hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    // The tests open hundreds of SQLite writer threads from TypeScript sources, and Node strips types with WebAssembly in
    // each. V8 of Node 24 can crash when one thread replaces a wrapper that another uses ("Check failed:
    // jit_page.has_value()"): without the replacement it cannot. The bundle has no WebAssembly in that thread.
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // The next two have packages of their own.
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.{tools,slow,clock}.test.ts', 'packages/{backend,store,control-plane}/**'],
          setupFiles: [putBack, openFiles, propertyRuns],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'store',
          include: ['packages/store/src/**/*.test.ts'],
          isolate: false,
          exclude: ['**/*.{tools,slow,clock}.test.ts'],
          setupFiles: [putBack, propertyRuns],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'product',
          include: ['packages/control-plane/src/**/*.test.ts'],
          exclude: ['**/*.{slow,clock}.test.ts'],
          isolate: false,
          setupFiles: [putBack, propertyRuns, 'packages/control-plane/src/testing/close-sqlite.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'backend',
          include: ['packages/backend/src/**/*.test.ts'],
          exclude: ['**/*.{tools,slow,clock}.test.ts'],
          setupFiles: [putBack, propertyRuns],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
        },
      },
      ...['template', 'blingauto'].map((app) => ({
        extends: true as const,
        test: {
          name: app,
          include: [`apps/${app}/src/**/*.test.ts`],
          exclude: ['**/*.slow.test.ts'],
          setupFiles: [putBack, propertyRuns],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
        },
      })),
      {
        extends: true,
        test: {
          // What waits for time to pass, for a slow reader, or for what was killed to come back.
          name: 'slow',
          include: ['{packages,apps}/*/src/**/*.slow.test.ts'],
          setupFiles: [putBack, propertyRuns, 'packages/control-plane/src/testing/close-sqlite.ts'],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          // The clock jumps: an injected one in the control plane, libfaketime's in whole processes.
          name: 'clock',
          include: ['packages/*/src/**/*.clock.test.ts', 'e2e/clock/**/*.test.ts'],
          setupFiles: ['packages/control-plane/src/testing/close-sqlite.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'tools',
          include: ['packages/*/src/**/*.tools.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/{documents,scenarios}/**/*.test.ts'],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'hostile',
          include: ['e2e/hostile/**/*.test.ts'],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          // Several processes of an app on one PostgreSQL, raced against each other and killed.
          name: 'races',
          include: ['e2e/races/**/*.test.ts'],
          globalSetup: ['packages/store/src/testing/global-setup.ts'],
          testTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'power-cut',
          include: ['e2e/power-cut/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'failover',
          include: ['e2e/failover/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'preprod',
          include: ['e2e/preprod/**/*.test.ts'],
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'vps',
          include: ['e2e/vps/**/*.test.ts'],
          globalSetup: ['e2e/vps/global-setup.ts'],
          // A package that an order installs comes from Debian's mirror.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
