import { expect } from 'vitest'
import { aContainer, pm2State, said, subject } from '../healthy.ts'
import type { RuleCase } from '../rule-case.ts'

const keybuzz = (text: string) => said('pm2 keybuzz-backend', text)

export const processCases: RuleCase[] = [
  {
    rule: 'docker_not_running',
    when: 'Docker is down',
    evidence: {
      docker: {
        running: false,
        said: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      },
    },
    nearMiss: { docker: null },
    expect: { mend: { order: { type: 'platform.docker.install', payload: {} } } },
  },
  {
    rule: 'container_restarting',
    when: 'a container restarts in a loop',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ status: 'restarting', exitCode: 1, restarts: 9, health: null })],
      },
      ...said('container api', 'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings'),
    },
    nearMiss: { docker: { running: true, project: 'blingauto', containers: [aContainer({ restarts: 1 })] } },
    expect: {
      evidence: [expect.stringContaining('9 restarts'), expect.stringContaining('ValidationError')],
      mend: { order: null, advice: { en: expect.stringContaining('service.compose.restart') } },
    },
  },
  {
    rule: 'container_restarting',
    when: 'it ends after 8 s, and is up at the moment',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ restarts: 2, upSec: 3, health: null })],
      },
    },
    nearMiss: {
      docker: { running: true, project: 'blingauto', containers: [aContainer({ restarts: 9, upSec: 900 })] },
    },
    expect: { confidence: 'likely', evidence: [expect.stringContaining('running for 3 s')] },
  },
  {
    rule: 'pm2_restarting',
    when: 'PM2 calls it online between two crashes',
    evidence: { pm2: pm2State({ status: 'online', restarts: 15, upSec: 2 }) },
    nearMiss: { pm2: pm2State({ status: 'online', restarts: 15, upSec: 900 }) },
    expect: { confidence: 'possible' },
  },
  {
    rule: 'container_restarting',
    when: 'its project has a name that no order takes',
    evidence: {
      docker: { running: true, project: 'docker', containers: [aContainer({ status: 'restarting', restarts: 9 })] },
    },
    nearMiss: { docker: { running: true, project: 'docker', containers: [aContainer()] } },
    expect: { mend: { order: null, advice: { en: expect.stringContaining('docker compose -f /srv/blingauto/') } } },
  },
  {
    rule: 'container_exited',
    when: 'a container ended with an error',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ status: 'exited', exitCode: 1, health: null })],
      },
    },
    // Migrations run once and are done.
    nearMiss: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ service: 'migrations', status: 'exited', health: null })],
      },
    },
  },
  {
    rule: 'container_unhealthy',
    when: 'its health check fails',
    evidence: { docker: { running: true, project: 'blingauto', containers: [aContainer({ health: 'unhealthy' })] } },
    nearMiss: { docker: { running: true, project: 'blingauto', containers: [aContainer({ health: 'starting' })] } },
  },
  {
    rule: 'pm2_errored',
    when: 'PM2 gave up',
    evidence: {
      pm2: pm2State({ status: 'errored', restarts: 15, upSec: null }),
      ...keybuzz('Error: Cannot find module dotenv'),
    },
    nearMiss: { pm2: pm2State({ status: 'online', restarts: 15, upSec: 4000 }) },
    expect: { mend: { order: { type: 'service.pm2.restart', payload: { name: 'keybuzz-backend', user: 'keybuzz' } } } },
  },
  {
    rule: 'pm2_errored',
    when: 'it is a process of root, which no order touches',
    evidence: { subject: subject({ pm2User: 'root' }), pm2: pm2State({ status: 'stopped', restarts: 0, upSec: null }) },
    nearMiss: { subject: subject({ pm2Name: null }), pm2: pm2State({ status: 'stopped', restarts: 0, upSec: null }) },
  },
  {
    rule: 'pm2_errored',
    when: 'PM2 came back without it after a boot',
    evidence: { pm2: pm2State({ status: null, restarts: 0, upSec: null }) },
    nearMiss: { pm2: null },
    expect: { mend: { order: null } },
  },
  {
    rule: 'pm2_errored',
    when: 'a run that its clock started ended with an error',
    evidence: { pm2: pm2State({ status: 'stopped', upSec: null, exitCode: 3, leftOut: 0 }) },
    // Between two runs it is stopped, as it should be.
    nearMiss: { pm2: pm2State({ status: 'stopped', restarts: 0, upSec: null, exitCode: 0, leftOut: 0 }) },
    expect: { cause: { en: '"keybuzz-backend" is stopped after 0 restarts, its last run ended with exit code 3.' } },
  },
  {
    rule: 'pm2_overrun',
    when: 'a run hangs, and its clock leaves out the next ones',
    evidence: { pm2: pm2State({ upSec: 7_230, leftOut: 24 }) },
    // As often as its clock says, and no loop.
    nearMiss: { pm2: pm2State({ upSec: 2, restarts: 9, leftOut: 0 }) },
    expect: {
      confidence: 'certain',
      cause: { en: 'The run of "keybuzz-backend" began 7230 s ago and goes on; 24 starts were left out meanwhile.' },
    },
  },
]
