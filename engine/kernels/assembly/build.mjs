/** Compiles the kernels to one WebAssembly module over the imported shared memory: `dist/engine/kernels/kernels.wasm`. */

import { readdirSync } from 'node:fs'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const output = join(root, 'dist', 'engine', 'kernels', 'kernels.wasm')

if (!(await isCurrent())) await build()

async function isCurrent() {
  const built = await stat(output).catch(() => null)
  if (built === null) return false
  for (const name of readdirSync(here)) if ((await stat(join(here, name))).mtimeMs > built.mtimeMs) return false
  return true
}

async function build() {
  const { default: asc } = await import('assemblyscript/asc')
  await mkdir(dirname(output), { recursive: true })
  const { error, stderr } = await asc.main([
    join(here, 'index.ts'),
    ...['--outFile', output, '--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub'],
    ...['--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'threads'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--use', 'abort='],
  ])
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`)
    process.exit(1)
  }
  await refuseStaticData()
}

/** Kernels share one memory between threads: a data segment would be written over the control words by each of them. */
async function refuseStaticData() {
  const module = await WebAssembly.compile(await readFile(output))
  const hasData = (await readFile(output)).length > 0 && dataSegments(await readFile(output)) > 0
  if (hasData) {
    process.stderr.write('kernels.wasm has static data; kernels must not use any\n')
    process.exit(1)
  }
  return module
}

function dataSegments(bytes) {
  let position = 8
  while (position < bytes.length) {
    const id = bytes[position++]
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position++]
      size |= (byte & 127) << shift
      if (byte < 128) break
    }
    if (id === 11) return bytes[position]
    position += size
  }
  return 0
}
