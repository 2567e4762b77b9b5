// Loads @tensorflow/tfjs-node, the one door to it: sets what TensorFlow must find when it loads, and says what is missing.
// Knows no engine.

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import util from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { LockstepError, messageOf } from '../../src/errors.ts';
import { shellWord } from '../../src/text/shell-command.ts';

/** The part of tfjs-node that is used: tfjs-core's own functions. tfjs-node may not be there when this is compiled. */
export type Tensorflow = typeof import('@tensorflow/tfjs-core');

/** The part of its native binding that is used. Tensors are numbers there, and stand until they are deleted. */
export interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  createTensor(shape: readonly number[], type: number, values: Float32Array): number;
  deleteTensor(tensor: number): void;
  /** A copy. */
  tensorDataSync(tensor: number): Float32Array;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): readonly { readonly id: number }[];
  getNumOfTensors(): number;
}

export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

export function bindingOf(tf: Tensorflow): Binding {
  return (tf.backend() as unknown as { readonly binding: Binding }).binding;
}

const packageName = '@tensorflow/tfjs-node';

// Read by TensorFlow when its library is loaded, for the whole process.
const settings = {
  // Threads of our own share the work. With more than one of TensorFlow's behind each, sums would be cut otherwise, and
  // the bits would be others; and it is slower.
  TF_NUM_INTRAOP_THREADS: '1',
  // oneDNN's own operations bring no speed at these sizes, and it announces itself on stderr.
  TF_ENABLE_ONEDNN_OPTS: '0',
  // Matrix products go through its code all the same. That for AVX2 and AVX-512 keeps the stack pointer in the heap now and
  // then, so that a signal at that moment corrupts memory (uxlfoundation/oneDNN#4845; TFJS.md). That for AVX does not, and
  // is the same on more processors.
  ONEDNN_MAX_CPU_ISA: 'AVX',
  // Nothing but fatal errors on stderr.
  TF_CPP_MIN_LOG_LEVEL: '3',
};

/**
 * TensorFlow.js on its native binding. Call it in the main thread before any thread does: only there the environment is the
 * process's own.
 * @param from the file or folder from which the package is looked for
 * @throws LockstepError when it cannot be had
 */
export function loadTensorflow(from: string = import.meta.url): Tensorflow {
  const require = createRequire(from);
  let folder: string;
  try {
    folder = dirname(require.resolve(`${packageName}/package.json`));
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_ENGINE_MISSING',
      what: 'The engine tfjs-node is not installed',
      why: `npm leaves out ${packageName}, an optional dependency, where its install script cannot download libtensorflow`,
      mend: `Run ${nativeScript()}, which takes TensorFlow from a Python wheel; or npm install where the download works; or use --engine wasm`,
      cause,
    });
  }
  if (!hasBinding(folder)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_ENGINE_MISSING',
      what: 'The engine tfjs-node has no native binding',
      why: `${packageName} is there, but its install script did not run, or failed (newer npm versions run only the scripts that allowScripts in package.json lists)`,
      mend: `Run npm rebuild ${packageName}; or ${nativeScript()}, which takes TensorFlow from a Python wheel; or use --engine wasm`,
    });
  }
  if (isMainThread) Object.assign(process.env, settings);
  restoreIsNullOrUndefined();
  try {
    return require(packageName) as Tensorflow;
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_ENGINE_MISSING',
      what: 'The engine tfjs-node cannot be loaded',
      why: messageOf(cause),
      mend: `Build its binding for this machine with ${nativeScript()} --force, or use --engine wasm`,
      cause,
    });
  }
}

/** The script that brings the binding, as a shell finds it from here: of an installed package it stands under node_modules. */
function nativeScript(): string {
  const path = join(dirname(createRequire(import.meta.url).resolve('#package')), 'deploy/tfjs-native.sh');
  const fromHere = relative(process.cwd(), path);
  return shellWord(fromHere.startsWith('..') ? path : fromHere);
}

/** Whether a compiled addon stands where node-pre-gyp looks for it: lib/napi-v<N>/. */
function hasBinding(folder: string): boolean {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).some((version) => existsSync(join(lib, version, 'tfjs_binding.node')));
}

/**
 * tfjs-node 4.22 calls util.isNullOrUndefined, which is gone since Node 23 (tensorflow/tfjs#8609; the fix, #8425, was merged
 * and never released).
 */
function restoreIsNullOrUndefined(): void {
  (util as { isNullOrUndefined?: (value: unknown) => boolean }).isNullOrUndefined ??= (value) => value == null;
}
