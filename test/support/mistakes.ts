// The likeliest mistakes of newcomers, as they are typed, and what is to be said of them. Data only: the folder in which they are made,
// and the ports that words in capitals stand for, are those of test/command-line/mistakes.slow.ts.

/** Flags of a run of a moment. */
const short = '--epochs 1 --batch-size 16 --val-size 8 --threads 0 --no-report --no-tensorboard --hidden 12 --quiet';
export const train = `train ${short} --data data`;
const worker = 'worker --retry-for 0.2 --threads 1';

/** The command line (SOMEPORT and the like are put in), exit code, code without its beginning, and what is said. */
export type Row = readonly [
  typed: string,
  exitCode: number,
  code: string,
  says: string,
  env?: Readonly<Record<string, string>>,
];

/** What is warned of, and the exit code all the same. */
export const warnings: readonly (readonly [
  typed: string,
  exitCode: number,
  says: RegExp,
  env?: Record<string, string>,
])[] = [
  ['predict run none.png', 1, /none\.png cannot be used: it is empty/],
  [
    'predict run classes',
    1,
    /classes cannot be used: it is a folder.*: give the pictures in it, such as classes\/\*\.png/,
  ],
  ['predict run classes/a/a.gif', 1, /it is a GIF, and only PNG and JPEG can be read: save it as one of them/],
  ['predict run nowhere.png', 1, /nowhere\.png cannot be used: there is no such file/],
  [
    `${train} --min-workers 4`,
    0,
    /no other machine can join this run.*--min-workers had no effect: --listen HOST:PORT/,
  ],
  [train, 0, /LOCKSTEP_EPOCH is passed over.*Did you mean LOCKSTEP_EPOCHS\?/, { LOCKSTEP_EPOCH: '3' }],
  ['train --resume broken --quiet', 0, /checkpoint .* is passed over: state\.safetensors/],
];

export const rows: Readonly<Record<string, readonly Row[]>> = {
  words: [
    ['trian', 2, 'UNKNOWN_OPTION', "Unknown command 'trian' | no command | Did you mean train?"],
    ['help trian', 2, 'UNKNOWN_OPTION', "Unknown command 'trian' | no command | Did you mean train?"],
    ['--verison', 2, 'UNKNOWN_OPTION', '--verison | no flag | Did you mean --version?'],
    ['train --epoch 3', 2, 'UNKNOWN_OPTION', '--epoch | no flag | Did you mean --epochs?'],
    ['train --workers 4', 2, 'UNKNOWN_OPTION', '--workers | no flag | Did you mean --threads?'],
    ['train --workers 0', 2, 'UNKNOWN_OPTION', '--workers | no flag | Did you mean --threads?'],
    ['train --learning_rate 0.1', 2, 'UNKNOWN_OPTION', 'learning_rate | no flag | Did you mean --lr?'],
    ['train --gpu', 2, 'UNKNOWN_OPTION', '--gpu | no flag | computes on processors: --threads N'],
    ['verify --threads 2', 2, 'UNKNOWN_OPTION', '--threads | no flag | a flag of lockstep train'],
    ['train data', 2, 'UNKNOWN_OPTION', 'Too many arguments | lockstep train [flags] | by --data PATH'],
    ['train --hidden 128 64', 2, 'UNKNOWN_OPTION', 'Too many | lockstep train | --hidden 128,64'],
    ['worker ws://127.0.0.1:7070', 2, 'UNKNOWN_OPTION', 'Too many | lockstep worker | --connect ws://HOST:PORT'],
    ['predict a.png', 2, 'UNKNOWN_OPTION', "'file' | lockstep predict <run> <file...> | lockstep predict --help"],
    ['completion powershell', 2, 'BAD_OPTION', 'no completion for "powershell" | bash or zsh or fish | source <('],
  ],
  values: [
    ['train --epochs 0', 2, 'BAD_OPTION', '--epochs cannot be 0 | an integer from 1 | the default (5)'],
    ['train --lr 0,001', 2, 'BAD_OPTION', '--lr cannot be 0,001 | a number above 0 | the default (0.001)'],
    ['train --batch-size 4', 2, 'BAD_OPTION', 'below --shards 8 | needs a sample | at least 8'],
    ['train --engine tfjs', 2, 'BAD_OPTION', '--engine cannot be tfjs | wasm or tfjs-node | Did you mean tfjs-node?'],
    ['train --listen 7070', 2, 'BAD_OPTION', '7070 is no address | HOST:PORT | --listen 127.0.0.1:7070?'],
    ['train --listen ws://a:7070', 2, 'BAD_OPTION', 'is no address | HOST:PORT | --listen a:7070?'],
    [
      'train --listen a:1 --tls-cert x',
      2,
      'BAD_OPTION',
      '--tls-key is missing | a certificate and its key | Give both',
    ],
    ['train --auto-resume', 2, 'BAD_OPTION', '--auto-resume needs --out | by its folder | --auto-resume --out DIR'],
    ['worker', 2, 'BAD_OPTION', '--connect is missing | ws://HOST:PORT | that the coordinator prints'],
    [
      'worker --connect localhost:7070',
      2,
      'BAD_OPTION',
      'cannot be | ws:// | Did you mean --connect ws://localhost:7070?',
    ],
    ['worker --connect ws://a:1 --threads 0', 2, 'BAD_OPTION', '--threads cannot be 0 | from 1 to 64 | --help'],
    ['export run --format pytroch', 2, 'BAD_OPTION', 'cannot be pytroch | onnx | --format pytorch?'],
    ['train --config none.json', 2, 'BAD_CONFIG', 'none.json cannot be used | ENOENT | Give --config a JSON file'],
    ['train --config brace.json', 2, 'BAD_CONFIG', 'brace.json | it is not JSON | no comments'],
    ['train --config some.yaml', 2, 'BAD_CONFIG', 'some.yaml | it is not JSON | Only JSON is read'],
    ['train --config snake.json', 2, 'BAD_CONFIG', 'Unknown key "batch_size" | no option | batchSize?'],
    ['train --config text.json', 2, 'BAD_CONFIG', '"epochs" in the configuration file cannot be "3" | integer |'],
    ['train', 2, 'BAD_OPTION', 'LOCKSTEP_EPOCHS cannot be three | integer | unset it', { LOCKSTEP_EPOCHS: 'three' }],
    ['train', 2, 'BAD_OPTION', 'LOCKSTEP_REPORT cannot be | 1, true | unset', { LOCKSTEP_REPORT: 'maybe' }],
  ],
  data: [
    ['train --data nowhere', 2, 'DATA_UNREADABLE', 'nowhere cannot be read | ENOENT | Look at the path'],
    [
      'train --data https://a/b.npz',
      2,
      'DATA_UNREADABLE',
      'https://a/b.npz | it is an address | Fetch the files first',
    ],
    ['train --data empty', 2, 'DATA_MISSING', 'empty is not complete | the folder is empty | Put the missing files'],
    ['train --data flat', 2, 'DATA_MISMATCH', 'no classes of pictures | lie in flat itself | Put the pictures of each'],
    ['train --data classes', 2, 'DATA_MALFORMED', 'a.gif cannot be used | only PNG and JPEG | Save it as one'],
    ['train --data cut', 2, 'DATA_MALFORMED', 'is truncated | has 1000 | '],
    ['train --data what.csv', 2, 'DATA_MALFORMED', 'which column | there are what, p0 | --label NAME'],
    ['train --data words.csv', 2, 'DATA_MALFORMED', 'no table of images | "zero", no number | Each row'],
    ['train --data data', 2, 'BAD_OPTION', '--val-size 5000 leaves nothing | 64 training images | below 64, such as 6'],
    ['evaluate run --data five', 2, 'DATA_MISMATCH', 'labels do not fit | knows 3 classes | --data DIR'],
    ['evaluate run --data small', 2, 'DATA_MISMATCH', 'images do not fit | 12x12 | --data DIR'],
    [`${train} --init model.pt`, 2, 'RUN_UNUSABLE', 'model.pt | as torch.save writes | safetensors.torch.save_file'],
    [`${train} --init run --data five`, 2, 'WEIGHTS_UNUSABLE', 'do not fit | needs [5, 12] | --hidden'],
  ],
  runs: [
    [
      'evaluate nowhere',
      2,
      'RUN_UNFINISHED',
      'nowhere is not the folder of a finished run | no config.json | lockstep train',
    ],
    ['evaluate foreign', 2, 'RUN_UNUSABLE', 'foreign/config.json | does not say | the folder of a run'],
    ['evaluate broken', 2, 'RUN_UNUSABLE', 'broken/model.safetensors | truncated | another copy'],
    ['evaluate run --checkpoint 99', 2, 'CHECKPOINT_MISSING', 'no checkpoint of step 99 | it has | Give one of these'],
    ['report waits', 2, 'RUN_UNFINISHED', 'waits is not | no model.safetensors | --resume waits'],
    [
      'export run --out there.safetensors',
      2,
      'OUTPUT_EXISTS',
      'is there already | writes over nothing | another --out',
    ],
    [`${train} --out run`, 2, 'OUTPUT_EXISTS', 'run is not empty | never written over | --resume run'],
    ['train --resume nowhere', 2, 'RESUME_REFUSED', 'nowhere cannot be resumed | ENOENT | the folder of a run'],
    ['train --resume busy', 2, 'RUN_IN_USE', 'busy is in use | is training there | --out DIR'],
    ['train --resume run --seed 7', 2, 'RESUME_REFUSED', 'another seed | was 42 and is 7 | --allow-change seed'],
    [
      'train --resume run --batch-size 32',
      2,
      'RESUME_REFUSED',
      'another batchSize | was 16 | --allow-change batchSize',
    ],
    ['train --resume two --epochs 3 --data five', 2, 'RESUME_REFUSED', 'another data | SHA-256 | --allow-change data'],
    ['train --resume run --patience 3', 2, 'RESUME_REFUSED', 'trains nothing more | --epochs 1 | Raise --epochs'],
    [
      `${train} --out token/run`,
      2,
      'WRITE_FAILED',
      'token/run cannot be made | exists already, and is not a folder | --out DIR',
    ],
    [
      `${train} --expect-digest 0000000000000000`,
      3,
      'UNEXPECTED_DIGEST',
      'another digest | its digest is | lockstep compare',
    ],
  ],
  network: [
    [`${train} --listen 127.0.0.1:TAKEN`, 2, 'PORT_TAKEN', 'failed | another program listens there | port 0'],
    [`${train} --metrics-port TAKEN`, 2, 'PORT_TAKEN', 'Metrics cannot be served | | --metrics-port a free port'],
    [`${train} --listen 0.0.0.0:0`, 2, 'TOKEN_MISSING', 'needs a token | from other machines | openssl rand'],
    [
      `${train} --listen 203.0.113.5:1 --token-file token`,
      2,
      'ADDRESS_UNUSABLE',
      'failed | no such address | 0.0.0.0:1',
    ],
    [
      `${train} --listen 127.0.0.1:0 --token-file none`,
      2,
      'SECRET_UNUSABLE',
      'none cannot be read | ENOENT | is there',
    ],
    [
      `${train} --listen 127.0.0.1:0 --token-file short.token`,
      2,
      'SECRET_UNUSABLE',
      'no token in | 3 of at least 8 | openssl rand',
    ],
    [
      `${train} --listen 127.0.0.1:0 --tls-cert token --tls-key key.pem`,
      2,
      'SECRET_UNUSABLE',
      'TLS | of --tls-cert holds no | PEM',
    ],
    [
      `${train} --listen 127.0.0.1:0 --min-workers 2 --join-timeout 0.1`,
      75,
      'NO_WORKERS',
      'Not enough | 0 computing | Start',
    ],
    [
      `${worker} --connect ws://127.0.0.1:NOBODY`,
      75,
      'NO_COORDINATOR',
      'No coordinator | ECONNREFUSED | train --listen',
    ],
    [`${worker} --connect ws://127.0.0.1:WEB`, 75, 'NO_COORDINATOR', 'No coordinator | answered with 200 | '],
    [`${worker} --connect ws://no.invalid:7070`, 75, 'NO_COORDINATOR', 'No coordinator | | Look at the name'],
    [
      `${worker} --connect wss://127.0.0.1:COORDINATOR`,
      75,
      'NO_COORDINATOR',
      'No | does not speak TLS | Connect to ws://',
    ],
    [`${worker} --connect ws://127.0.0.1:COORDINATOR`, 2, 'JOIN_REFUSED', 'joined | asks for a token | --token-file'],
    [
      `${worker} --connect ws://127.0.0.1:COORDINATOR --token-file other`,
      2,
      'JOIN_REFUSED',
      'joined | another token | same token',
    ],
  ],
  launchers: [
    [`${train} --launcher slurm`, 2, 'LAUNCH', 'finds no launch | SLURM_PROCID is not set | srun'],
    [`${train} --launcher env`, 2, 'LAUNCH', 'RANK=1, and no launch | WORLD_SIZE is not set | Set RANK', { RANK: '1' }],
    [`${train} --launcher env`, 2, 'LAUNCH', 'contradict | cannot be both | unset', { RANK: '2', WORLD_SIZE: '2' }],
    [`${train} --launcher env`, 2, 'LAUNCH', 'RANK=a | whole number | unset it', { RANK: 'a', WORLD_SIZE: '2' }],
  ],
};
