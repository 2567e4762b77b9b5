// The digests of one short run on MNIST, the same on every machine: what lockstep verify --golden compares with.
// test/golden/digest.json holds the same for the tests.

export const goldenRun = {
  options: { epochs: 2, limitTrain: 3000, seed: 42 },
  digest: '1e16e9bbb2a9eed9cd0fdadec387ca58d1b9f79542de251d75a0a2feac0d8b96',
  stateDigest: '708acb4488847e9333fa69e51f3f6756dda05686a4ad4bcb3c4838f7a80b884e',
} as const;

/** SHA-256 of MNIST as the handshake takes it (wire/dataset-bytes.ts). */
export const mnistDigest = '08f1eaab661eb5371ef6deda393722d0a513d2c23283700bb83833b9e4d25396';
