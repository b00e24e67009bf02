/** Operations on whole vectors of any type and form, on which kernels and operators are built. */

export { releaseBatch, releaseVector, retainVector } from '../../io/block-sharing.js'
export { concat, persist, persistBatch, takeIntoBlocks } from './vectors/concat.js'
export { expand, plain } from './vectors/form.js'
export { type Selection, selectionOf } from './vectors/selection.js'
export { NO_ROW, take, takeBatch } from './vectors/take.js'
export { unpack, unpackBatch } from './vectors/unpack.js'
