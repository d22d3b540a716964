// A bed's process: takes jobs by IPC, reports, and says when it is free again. See bed-process.ts for how it is started.
import { spawnSync } from 'node:child_process'
import { runScenario } from '../scenarios/all-scenarios.js'
import type { BedJob, BedReport } from './bed-job.js'
import { runSchedules } from './run-schedules.js'

const folder = process.argv[2]!

// libfaketime leaves files there for each process that is killed; here they vanish with this process's mounts.
spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', '/dev/shm'])

process.on('disconnect', () => process.exit())
process.on('message', async job => {
  await work(job as BedJob)
  report({ kind: 'free' })
})

function report(what: BedReport): void {
  process.send?.(what)
}

async function work(job: BedJob): Promise<void> {
  if (job.kind === 'schedules') await runSchedules(job, folder, report)
  else report(await runScenario(job.name, job.isSmall, folder))
}
