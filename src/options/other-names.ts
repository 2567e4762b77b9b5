// What other programs call our flags, so that who comes from them finds ours. Names without dashes in front, words parted by
// dashes; the first flag that the typed command has is meant. Data only.

export const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ...named(['--threads'], 'workers num-workers nproc nproc-per-node num-threads jobs procs cpus cores'),
  ...named(['--lr'], 'learning-rate alpha step-size'),
  ...named(['--batch-size'], 'bs batch minibatch'),
  ...named(['--max-steps', '--steps'], 'iterations iters num-steps max-iter max-iters'),
  ...named(['--at', '--step'], 'step'),
  ...named(['--out'], 'output output-dir save-dir run-dir logdir log-dir o'),
  ...named(['--data'], 'dataset data-dir data-path train-data input'),
  ...named(['--hidden'], 'layers hidden-layers hidden-size hidden-units width'),
  ...named(['--listen', '--connect'], 'bind host port master-addr master-port'),
  ...named(['--connect'], 'url server coordinator address'),
  ...named(['--min-workers'], 'nodes nnodes num-nodes world-size'),
  ...named(['--resume', '--checkpoint'], 'resume-from resume-from-checkpoint restore continue load ckpt'),
  ...named(['--init'], 'weights pretrained init-from load-weights'),
  ...named(['--seed'], 'random-seed random-state'),
  ...named(['--token-file'], 'token password secret'),
  ...named(['--tls-cert'], 'cert ssl-cert'),
  ...named(['--tls-ca'], 'ca cacert ca-cert'),
  ...named(['--verbose'], 'debug'),
  ...named(['--quiet'], 'silent q'),
  ...named(['--version'], 'v'),
]);

/** What there is none of here, and what there is. */
export const notHere: ReadonlyMap<string, string> = new Map([
  ...['gpu', 'gpus', 'cuda', 'device'].map(
    (name) => [name, 'It computes on processors: --threads N says on how many cores'] as const,
  ),
  ...['optimizer', 'optim', 'momentum'].map(
    (name) => [name, 'The optimizer is Adam: --lr, --weight-decay and --schedule say how'] as const,
  ),
]);

/** What other programs call our commands, and their subcommands. */
export const otherCommands: ReadonlyMap<string, string> = new Map([
  ...called('train', 'run start launch fit'),
  ...called('train --listen HOST:PORT', 'coordinator master server head'),
  ...called('train --resume RUN', 'resume continue restart'),
  ...called('worker --connect ws://HOST:PORT', 'node join connect client agent'),
  ...called('evaluate', 'eval test validate score'),
  ...called('predict', 'infer inference classify serve'),
  ...called('bench', 'benchmark perf'),
  ...called('doctor', 'check env info'),
  ...called('runs', 'list ls'),
]);

function called(command: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, command]);
}

function named(flags: readonly string[], names: string): [string, readonly string[]][] {
  return names.split(' ').map((name) => [name, flags]);
}
