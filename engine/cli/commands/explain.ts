/** `volley explain`: the plan of a transform, without running it. */

import type { Request } from '../command-line/request.js'
import type { Terminal } from '../terminal.js'
import { withEngine } from '../with-engine.js'
import { inputsFormat } from './formats.js'
import { scanInputs, shape } from './shape.js'
import { checkOutput } from './write-output.js'

type ExplainRequest = Extract<Request, { kind: 'transform' | 'explain' }>

export async function runExplain(request: ExplainRequest, terminal: Terminal): Promise<void> {
  const { transform, output, run } = request
  if (transform.output !== null) checkOutput(transform.output, output)
  const format = inputsFormat(transform.inputs)
  await withEngine(run, async (engine) => {
    const frame = await shape(scanInputs(engine, transform.inputs, format), transform)
    const text = await frame.explain({ format: run.json ? 'json' : 'text', rejects: run.rejects !== null })
    await terminal.print(text.endsWith('\n') ? text : `${text}\n`)
  })
}
