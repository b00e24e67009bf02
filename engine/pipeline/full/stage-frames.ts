/**
 * The rows that leave the stages of a pipeline in mode `full`, as frames. Frames are lazy: a stage that one other reads
 * runs as part of that one's plan, so that a chain from file to file is a single plan.
 */

import { InternalError, unreachable, VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { Input, Placement, ProducerStage } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { fixTime } from '../../../planner/pipeline/transforms/run-time.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import { checkFunctions, type PlacedProcessor } from '../placements/body.js'
import type { PipelineServices } from '../services.js'
import { routeConditions } from '../streaming/routing.js'
import { inStage } from '../streaming/stage-error.js'
import { type ApplyContext, applyTransforms } from '../transforms/apply-transforms.js'
import type { StageInput } from './guarded-stage.js'

const MAIN = 'main'

/** What frames cannot say. */
export interface FrameHooks {
  readonly startedAt: Date
  readonly services: Pick<PipelineServices, 'scans' | 'runtime'>
  /** True if nothing may be read that can be read only once. */
  readonly isDry?: boolean
  /** Rows of a stage that was done before; null of others. */
  readonly restored?: (stage: FlatStage) => Frame | null
  /** True of a source that is read once for several runs. */
  readonly isShared?: (stage: ProducerStage) => boolean
  /** Rows of a source that no plan can scan, or that several runs read. */
  produced(stage: ProducerStage): Promise<Frame>
  /** Rows of a stage as they are kept for several readers, or the same frame. */
  kept(stage: FlatStage, rows: Frame): Promise<Frame>
  /** Rows that a function puts out by `main`; by other ports, they are for `emitted`. */
  detached: (stage: PlacedProcessor) => ApplyContext['detached']
  /** Rows of a stage that leaves out records it fails for; null for others. */
  readonly guarded?: (given: StageInput) => Promise<Frame> | null
  /** Rows that left a stage by a port that is neither `main` nor a route. */
  emitted(stage: FlatStage, port: string): Promise<Frame>
}

export class StageFrames {
  private readonly stages: ReadonlyMap<string, FlatStage>
  private readonly frames = new Map<string, Promise<Frame>>()

  private readonly placement: Placement

  constructor(
    { stages, placement }: FlatPipeline,
    private readonly hooks: FrameHooks,
  ) {
    this.placement = placement
    this.stages = new Map(stages.map((stage) => [stage.id, stage]))
  }

  /** All rows that leave a stage, before they are divided among ports. Errors name the stage. */
  of(id: string): Promise<Frame> {
    let frame = this.frames.get(id)
    if (frame === undefined) {
      const stage = this.stages.get(id)
      if (stage === undefined) throw new InternalError(`there is no stage ${id}`)
      frame = this.make(stage).catch((error: unknown) => {
        this.frames.delete(id)
        throw inStage(id, error)
      })
      this.frames.set(id, frame)
    }
    return frame
  }

  /** What a stage reads: of several inputs, all rows one after the other, columns matched by name. */
  async inputOf(stage: FlatStage): Promise<Frame> {
    const [first, ...others] = await this.inputsOf(stage)
    if (others.length === 0) return first
    const names = (await schemaOf(first)).fields.map((field) => field.name)
    const arranged = await Promise.all(others.map((other, index) => this.arranged(stage, other, names, index + 1)))
    return first.union(...arranged)
  }

  /** What a stage reads, input by input. */
  inputsOf(stage: FlatStage): Promise<readonly Frame[]> {
    return Promise.all(stage.inputs.map((input) => this.port(input)))
  }

  /** What a stage knows as tables. */
  async tablesOf(stage: FlatStage): Promise<Readonly<Record<string, Frame>>> {
    const tables = Object.entries(stage.tables).map(async ([name, input]) => [name, await this.port(input)] as const)
    return Object.fromEntries(await Promise.all(tables))
  }

  /** The rows that leave a processor by each of its routes. */
  async routesOf(id: string): Promise<readonly Frame[]> {
    const stage = this.stages.get(id)
    const routes = stage?.kind === 'processor' ? stage.routes : []
    return Promise.all(routes.map(({ port }) => this.port({ stage: id, port })))
  }

  private async make(stage: FlatStage): Promise<Frame> {
    const restored = this.hooks.restored?.(stage) ?? null
    if (restored !== null) return restored
    switch (stage.kind) {
      case 'producer':
        return this.hooks.kept(stage, await this.produced(stage))
      case 'processor':
        return this.hooks.kept(stage, await this.processed(stage))
      case 'accumulator':
        // Where all rows are there at once, batches make no difference.
        return this.hooks.kept(stage, await this.inputOf(stage))
      case 'consumer':
        throw new InternalError(`nothing leaves the consumer ${stage.id}`)
      default:
        return unreachable(stage)
    }
  }

  private async produced(stage: ProducerStage): Promise<Frame> {
    const { source } = stage
    const { scans, runtime } = this.hooks.services
    if (this.hooks.isShared?.(stage) === true) return this.hooks.produced(stage)
    switch (source.kind) {
      case 'file':
        return readable(new Frame(scans.scanFormat(source.format, source.paths, source.options), runtime))
      case 'frame':
        if (source.frame.runtime === runtime) return source.frame
        throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'its frame is of another engine', { stage: stage.id })
      case 'records': {
        if (this.hooks.isDry === true && !Array.isArray(source.records)) return this.hooks.produced(stage)
        const records = typeof source.records === 'function' ? source.records() : source.records
        return new Frame(scans.records(records, source.schema ?? undefined), runtime)
      }
      case 'http':
      case 'database':
      case 'function':
        return this.hooks.produced(stage)
      case 'input':
        throw new InternalError(`the input of stage ${stage.id} is not connected`)
      default:
        return unreachable(source)
    }
  }

  private async processed(stage: PlacedProcessor): Promise<Frame> {
    checkFunctions(stage, this.placement)
    const tables = await this.tablesOf(stage)
    const placement = stage.placement?.kind ?? 'threads'
    const { startedAt } = this.hooks
    const given = { stage, input: await this.inputOf(stage), tables, startedAt }
    const guarded = this.hooks.guarded?.(given) ?? null
    if (guarded !== null) return guarded
    return applyTransforms(given.input, stage.transforms, {
      stage: stage.id,
      startedAt,
      tables: given.tables,
      isPlaced: placement !== 'threads',
      detached: this.hooks.detached(stage),
    })
  }

  private async port({ stage: id, port }: Input): Promise<Frame> {
    const rows = await this.of(id)
    const stage = this.stages.get(id)
    const routes = stage?.kind === 'processor' ? stage.routes : []
    if (stage === undefined || (routes.length === 0 && port === MAIN)) return rows
    const route = routes.length === 0 ? undefined : routeConditions(routes).find((one) => one.port === port)
    return route === undefined
      ? this.hooks.emitted(stage, port)
      : rows.filter(fixTime(route.condition, this.hooks.startedAt))
  }

  private async arranged(stage: FlatStage, other: Frame, names: readonly string[], index: number): Promise<Frame> {
    const found = (await schemaOf(other)).fields.map((field) => field.name)
    if (found.length === names.length && names.every((name) => found.includes(name))) {
      return found.every((name, position) => name === names[position])
        ? other
        : other.select(...names.map((name) => `"${name.replaceAll('"', '""')}"`))
    }
    const [expected, actual] = [names.join(', '), found.join(', ')]
    const message = `its inputs have different columns: ${stage.inputs[0].stage} (${expected}), ${stage.inputs[index].stage} (${actual})`
    throw new VolleyError('VOLLEY_SCHEMA_MISMATCH', message, { expected, actual })
  }
}

/** What cannot be read is the fault of the stage that reads it, not of one that uses its columns. */
async function readable(frame: Frame): Promise<Frame> {
  await frame.schema()
  return frame
}
