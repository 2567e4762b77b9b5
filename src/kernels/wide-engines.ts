// Where V8 may make vectors of 256 bits of the kernels' 128: an experiment of V8's (--experimental-wasm-revectorize). It does nothing
// in some versions (12.4, of Node 22) and gets kernels wrong in others, that of Node 24 (13.6) more of them than that of Node 26
// (test/kernels/wide-controls.slow.ts has one of each). So a row says that it is right for our kernels as they are, and no more: that
// is proven by all tests of equality with --wide on (test/promise/wide.slow.ts), again whenever the kernels change. Pure.

/** The machine under the kernels; `vendor` and `family` as /proc/cpuinfo has them, null where it has none. */
export interface HostEngine {
  /** As process.versions has it: 14.6.202.34-node.40. */
  readonly v8: string;
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly vendor: string | null;
  readonly family: number | null;
  /** Whether the processor has vectors of 256 bits (AVX2). */
  readonly hasWideVectors: boolean;
}

interface Processor {
  readonly arch: string;
  readonly vendor: string;
  readonly family: number;
  /** Names for people. */
  readonly models: string;
}

export interface WideEngine {
  /** Without what Node appends. */
  readonly v8: string;
  /** A release of Node that has it. */
  readonly node: string;
  readonly platform: string;
  readonly processors: readonly Processor[];
  /** What has V8 compile the whole module at once, by its optimizing compiler, which alone makes wide vectors. */
  readonly flags: readonly string[];
}

export const wideEngines: readonly WideEngine[] = [
  {
    v8: '14.6.202.34',
    node: '26.12.1',
    platform: 'linux',
    processors: [
      { arch: 'x64', vendor: 'AuthenticAMD', family: 25, models: 'AMD Zen 3 and Zen 4' },
      { arch: 'x64', vendor: 'AuthenticAMD', family: 26, models: 'AMD Zen 5' },
    ],
    flags: [
      '--experimental-wasm-revectorize',
      '--no-liftoff',
      '--no-wasm-lazy-compilation',
      // without the baseline compiler nobody counts calls, and a compiler that looks for the counts ends the process
      '--no-wasm-inlining',
    ],
  },
];

/** The flags to compile with, or why there may be no wide vectors. */
export function wideFlags(host: HostEngine): { readonly flags: readonly string[] } | { readonly why: string } {
  const version = host.v8.split('-')[0]!;
  const engine = wideEngines.find(({ v8, platform }) => v8 === version && platform === host.platform);
  if (engine === undefined) {
    const proven = wideEngines.map(({ v8, node, platform }) => `V8 ${v8} on ${platform} (Node ${node})`).join(', ');
    return {
      why: `they were proven with ${proven}, and this is V8 ${version} on ${host.platform} (Node ${host.node})`,
    };
  }
  const known = engine.processors.some(
    ({ arch, vendor, family }) => arch === host.arch && vendor === host.vendor && family === host.family,
  );
  if (!known) {
    const proven = engine.processors.map(
      ({ models, arch, vendor, family }) => `${models} (${arch}, ${vendor} ${family})`,
    );
    const here = host.vendor === null ? 'one that is not known' : `${host.vendor} ${host.family ?? '?'}`;
    return { why: `they were proven on ${proven.join(', ')}, and this processor is ${host.arch}, ${here}` };
  }
  if (!host.hasWideVectors) return { why: 'the processor, or who lends it, offers no AVX2' };
  return { flags: engine.flags };
}

/** The flag that takes another one back. */
export function oppositeFlag(flag: string): string {
  return flag.startsWith('--no-') ? `--${flag.slice('--no-'.length)}` : `--no-${flag.slice('--'.length)}`;
}
