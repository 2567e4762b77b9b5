// The commands of deploy/mpi/README.md, by Debian's Open MPI. Needs dist/ (npm run build).

import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { baseline, bitsOfRun, Cluster } from '../support/processes.ts';
import { pathWithLockstep, readmeOf } from '../support/readme-commands.ts';
import { missing } from '../support/tools.ts';

const readme = readmeOf('deploy/mpi/README.md', 'test/deploy/mpi.slow.ts');

const run = ['--epochs', '2', '--batch-size', '256', '--limit-train', '5000'];
const longer = ['--epochs', '12', '--batch-size', '256', '--limit-train', '5000'];
// what a user's own command has behind it
const shorter = { '--launcher mpi': `--launcher mpi ${run.join(' ')} --no-report` };

/** As root, and with more ranks than cores, where the command itself does not say so. */
const allowed = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
};

describe.skipIf(missing('mpirun', 'openmpi-bin'))('mpirun -n 4', () => {
  test('on one host', async () => {
    const { folder } = await Cluster.start();
    const env = { PATH: await pathWithLockstep(folder), ...allowed };
    const { ended } = readme.run('one-host', { cwd: folder, env, instead: shorter });
    const end = await ended;
    expect(end.stderr).toMatch(
      /^Launcher mpi: rank 0 of 4, the coordinator; by OMPI_COMM_WORLD_RANK=0, OMPI_COMM_WORLD_SIZE=4$/m,
    );
    expect(end.stderr).toMatch(/joined: rank 3 on /);
    // the run folder alone: the file is gone
    const runs = join(folder, 'runs');
    const [name, ...others] = await readdir(runs);
    expect(others).toEqual([]);
    expect(await bitsOfRun(end, join(runs, name!))).toEqual(await baseline(run));
    // one result, that of rank 0
    expect(end.stdout.match(/^Digest/gm)).toHaveLength(1);
  });

  test('again and again, after SIGTERM too', async () => {
    const { folder } = await Cluster.start();
    const instead = { '--launcher mpi': `--launcher mpi ${longer.join(' ')} --no-report` };
    const surroundings = { cwd: folder, env: { PATH: await pathWithLockstep(folder) }, instead };
    const stopped = readme.run('again', surroundings);
    await stopped.seen(/^Epoch 2\//m);
    // bash becomes the last command of its script
    expect(readFileSync(`/proc/${stopped.child.pid}/comm`, 'utf8').trim()).toMatch(/^(mpirun|orterun)/);
    stopped.child.kill('SIGTERM');
    expect((await stopped.ended).exitCode).toBe(1);
    const end = await readme.run('again', surroundings).ended;
    expect(end.stderr).toMatch(/^Resuming runs\/job from step \d+/m);
    expect(await bitsOfRun(end, join(folder, 'runs', 'job'))).toEqual(await baseline(longer));
    const done = await readme.run('again', surroundings).ended;
    expect(done.exitCode, done.stderr).toBe(0);
    expect(done.stderr).toMatch(/^runs\/job is finished: this is its summary$/m);
  });
});
