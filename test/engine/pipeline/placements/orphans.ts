/** Starts a process that waits and one that never returns, prints the id of the first, and lives on until it is killed. */

import type { Placement } from '../../../../planner/pipeline/definition.js'
import { functionBody, numbered, Stages } from './stages.js'

const PROCESS: Placement = { kind: 'process', maxProcesses: 1, retries: 0, timeout: null }

const stages = new Stages()
const idle = await stages.open(functionBody('counting', 'batch'), PROCESS)
const { main } = stages.rows(await idle.process(stages.batch(numbered(0, 1))))
process.stdout.write(String(main[0].pid))
const busy = await stages.open(functionBody('hangs', 'batch', { file: process.argv[2] }), PROCESS)
await busy.process(stages.batch(numbered(0, 1)))
