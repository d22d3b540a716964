import type { ScenarioReport } from '../bed/bed-job.js'
import { thousandConflicts } from './convergence-scenario.js'
import { heartbeatLoss, killDetection, shortStops, silentDeath, wakeUp } from './detection-scenarios.js'
import { joinUnderLoad, joinWithoutDonor } from './join-scenarios.js'
import { bornInCut, conflictingWrites, degradedWrite, logoutInPartition } from './partition-scenarios.js'
import { coldStart, rollingRestart } from './restart-scenarios.js'
import { Stage } from './stage.js'

const scenarios: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'logout-in-partition': logoutInPartition,
  'conflicting-writes': conflictingWrites,
  'born-in-cut': bornInCut,
  'thousand-conflicts': thousandConflicts,
  'degraded-write': degradedWrite,
  'kill-detection': killDetection,
  'silent-death': silentDeath,
  'short-stops': shortStops,
  'heartbeat-loss': heartbeatLoss,
  'wake-up': wakeUp,
  'rolling-restart': rollingRestart,
  'cold-start': coldStart,
  'join-under-load': joinUnderLoad,
  'join-without-donor': joinWithoutDonor,
}

export const SCENARIO_NAMES: readonly string[] = Object.keys(scenarios)

/** Plays one; what it found before it failed is told too. */
export async function runScenario(name: string, isSmall: boolean, folder: string): Promise<ScenarioReport> {
  const stage = new Stage(name, isSmall, folder)
  try {
    await scenarios[name]!(stage)
    stage.withoutTrouble()
    return { kind: 'scenario', name, lines: stage.lines }
  } catch (error) {
    return { kind: 'scenario', name, lines: stage.lines, error: String((error as Error).stack ?? error) }
  } finally {
    await stage.close()
  }
}
