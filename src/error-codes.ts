// Every kind of fault that a LockstepError tells of, by the code that stays the same when its words change. ERRORS.md has the
// same table. Data only.

/** Every kind of fault, by its code. `exitCode`: of the command that it ends. null: 2 before the first step, 1 later, where the row says nothing else. */
export const errorCodes = {
  ERR_LOCKSTEP_BAD_OPTION: {
    exitCode: 2,
    meaning: 'an option or a flag is missing, has a value that it cannot have, or does not go with another',
  },
  ERR_LOCKSTEP_UNKNOWN_OPTION: { exitCode: 2, meaning: 'there is no option, flag, argument or command of that name' },
  ERR_LOCKSTEP_BAD_CONFIG: {
    exitCode: 2,
    meaning: 'the configuration file cannot be read, or what it says cannot be used',
  },
  ERR_LOCKSTEP_BAD_ARGUMENT: { exitCode: 2, meaning: 'a function of the library was given what it cannot use' },

  ERR_LOCKSTEP_DATA_MISSING: { exitCode: 2, meaning: 'data files, or the package that holds them, are not there' },
  ERR_LOCKSTEP_DATA_UNREADABLE: { exitCode: 2, meaning: 'a data file or folder is there and cannot be read' },
  ERR_LOCKSTEP_DATA_MALFORMED: { exitCode: 2, meaning: 'a data file is damaged, or is not what it has to be' },
  ERR_LOCKSTEP_DATA_MISMATCH: { exitCode: 2, meaning: 'data files do not fit each other, the options or the model' },
  ERR_LOCKSTEP_DATA_CHANGED: { exitCode: 2, meaning: 'the data are not those that they were' },
  ERR_LOCKSTEP_WEIGHTS_UNUSABLE: {
    exitCode: 2,
    meaning:
      'the weights to begin from cannot be read, do not fit the network, or are not those that the run began from',
  },
  ERR_LOCKSTEP_TOO_LARGE: {
    exitCode: 2,
    meaning: 'data and network do not fit into the 4 GiB that the kernels address',
  },

  ERR_LOCKSTEP_RUN_IN_USE: { exitCode: 2, meaning: 'another process trains in that run folder' },
  ERR_LOCKSTEP_OUTPUT_EXISTS: { exitCode: 2, meaning: 'the run folder is not empty, or an export is there already' },
  ERR_LOCKSTEP_RUN_UNFINISHED: { exitCode: 2, meaning: 'it is not the folder of a finished run' },
  ERR_LOCKSTEP_RUN_UNUSABLE: { exitCode: 2, meaning: 'a file of a run cannot be read, is damaged, or was changed' },
  ERR_LOCKSTEP_CHECKPOINT_MISSING: { exitCode: 2, meaning: 'the run has no such checkpoint' },
  ERR_LOCKSTEP_CHECKPOINT_UNUSABLE: {
    exitCode: 2,
    meaning: 'a checkpoint cannot be read, is damaged, or is of another version',
  },
  ERR_LOCKSTEP_RESUME_REFUSED: {
    exitCode: 2,
    meaning:
      'the run cannot go on so: its result would not be that of an uninterrupted run, or nothing would be trained',
  },
  ERR_LOCKSTEP_RECEIPTS_MISSING: { exitCode: 2, meaning: 'the run has no receipts, or they cannot be read' },
  ERR_LOCKSTEP_RECEIPTS_CHANGED: { exitCode: 3, meaning: 'the receipts of the run are not what it wrote' },
  ERR_LOCKSTEP_NUMERICS: {
    exitCode: 2,
    meaning: 'the run is of another version of the arithmetic: its steps cannot be computed again, nor gone on with',
  },
  ERR_LOCKSTEP_REPLAY_REFUSED: {
    exitCode: 2,
    meaning: 'a step of a run cannot be computed again, or would prove nothing',
  },
  ERR_LOCKSTEP_WRITE_FAILED: { exitCode: null, meaning: 'a file, a folder or stdout cannot be written' },
  ERR_LOCKSTEP_DISK_FULL: { exitCode: null, meaning: 'the same, since the disk is full or the quota is used up' },

  ERR_LOCKSTEP_ENGINE_MISSING: { exitCode: 2, meaning: 'the engine is not installed, or cannot be loaded' },
  ERR_LOCKSTEP_UNSUPPORTED: { exitCode: null, meaning: 'processor or Node lack SIMD, shared memory or WebAssembly' },
  ERR_LOCKSTEP_WIDE_REFUSED: { exitCode: 2, meaning: '--wide on a V8 or a processor with which it was not proven' },
  ERR_LOCKSTEP_WIDE_DIFFERS: { exitCode: 1, meaning: 'wide vectors give other bits than narrow ones' },
  ERR_LOCKSTEP_NO_MEMORY: { exitCode: null, meaning: 'the system refuses memory' },
  ERR_LOCKSTEP_NO_THREADS: { exitCode: null, meaning: 'the system refuses a thread, or the addresses that it needs' },
  ERR_LOCKSTEP_NO_DESCRIPTORS: { exitCode: null, meaning: 'too many files are open' },

  ERR_LOCKSTEP_TOKEN_MISSING: { exitCode: 2, meaning: 'that address can be reached by others, and there is no token' },
  ERR_LOCKSTEP_SECRET_UNUSABLE: { exitCode: 2, meaning: 'a token, certificate or key cannot be read or used' },
  ERR_LOCKSTEP_PORT_TAKEN: { exitCode: 2, meaning: 'another program listens at that port' },
  ERR_LOCKSTEP_ADDRESS_UNUSABLE: { exitCode: 2, meaning: 'that address cannot be listened at' },
  ERR_LOCKSTEP_NO_COORDINATOR: { exitCode: 75, meaning: 'a worker reached no coordinator within --retry-for' },
  ERR_LOCKSTEP_NO_WORKERS: { exitCode: 75, meaning: 'not enough workers came within --join-timeout' },
  ERR_LOCKSTEP_LAUNCH: {
    exitCode: 2,
    meaning:
      'what a launcher says of the processes that it started contradicts itself, is not enough, or cannot be used',
  },
  ERR_LOCKSTEP_JOIN_REFUSED: {
    exitCode: 2,
    meaning:
      'a worker cannot join that coordinator, and retrying cannot mend it: token, certificate, version, engine, machine',
  },
  ERR_LOCKSTEP_PROTOCOL: { exitCode: 1, meaning: 'a worker and its coordinator do not understand each other' },

  ERR_LOCKSTEP_UNEXPECTED_DIGEST: { exitCode: 3, meaning: 'neither digest of the run is that of --expect-digest' },
  ERR_LOCKSTEP_NOT_FINITE: { exitCode: 1, meaning: 'a gradient is not finite, whoever computes it' },
  ERR_LOCKSTEP_THREADS_DIED: { exitCode: 1, meaning: 'computing threads die again and again' },
  ERR_LOCKSTEP_INTERRUPTED: { exitCode: null, meaning: 'it was told to stop: 129, 130 or 143 by the signal' },
  ERR_LOCKSTEP_INTERNAL: { exitCode: 1, meaning: 'a bug of ours: no LockstepError, and named so by --verbose alone' },
} as const satisfies Readonly<Record<`ERR_LOCKSTEP_${string}`, { exitCode: number | null; meaning: string }>>;

/** One of them. */
export type ErrorCode = keyof typeof errorCodes;
