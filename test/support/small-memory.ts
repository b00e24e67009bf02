/** Engines with little memory for one purpose, whatever the process has: what a limit on the process cannot give. */

import { Executor } from '../../engine/executor.js'
import { checkEngineOptions, type EngineOptions } from '../../engine/options.js'
import { Engine } from '../../engine/session.js'

export function openWithSharedMemory(sharedMemoryBytes: number, options: EngineOptions = {}): Engine {
  return new Engine(new Executor({ ...checkEngineOptions(options), sharedMemoryBytes }))
}

/** Breakers may hold no more than `breakerBytes` once a run is bigdata. */
export function openWithBreakerBytes(breakerBytes: number, options: EngineOptions = {}): Engine {
  return new Engine(new Executor({ ...checkEngineOptions(options), breakerBytes }))
}

/** The same, and under bigdata nothing but what breakers give up leaves volley. */
export function openWithoutPushdown(breakerBytes: number, options: EngineOptions = {}): Engine {
  return new Engine(new Executor({ ...checkEngineOptions(options), breakerBytes, pushesDown: false }))
}
