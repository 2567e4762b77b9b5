import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { RendezvousFile, readRendezvous, rendezvousPath } from '../../../src/host/files/rendezvous-file.ts';
import type { Place } from '../../../src/launch/place.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

const place = { launcher: 'slurm', id: '7.0.0', port: null, sharesFolder: true } as Place;
const root = process.getuid?.() === 0;

it('lies beside the run folder, which is to be empty; or where runs are', () => {
  expect(rendezvousPath(place, null, 'runs/demo')).toBe(resolve('runs/.demo.slurm-7.0.0.rendezvous'));
  expect(rendezvousPath(place, 'there', 'runs/demo')).toBe(resolve('there'));
  expect(rendezvousPath(place, null, null)).toBe(resolve('runs/.slurm-7.0.0.rendezvous'));
  expect(rendezvousPath({ ...place, id: '../../x y' }, null, null)).toBe(resolve('runs/.slurm-.._.._x_y.rendezvous'));
  expect(rendezvousPath({ ...place, id: null, port: 29500 }, null, null)).toBe(resolve('runs/.slurm-29500.rendezvous'));
  expect(rendezvousPath({ ...place, sharesFolder: false }, null, null)).toBeNull();
  const [unshared, unnamed] = [
    { ...place, sharesFolder: false },
    { ...place, id: null },
  ];
  expect(rendezvousPath(unshared, null, 'runs/demo')).toBe(resolve('runs/.demo.slurm-7.0.0.rendezvous'));
  expect(rendezvousPath(unnamed, null, 'runs/demo')).toBe(resolve('runs/.demo.slurm-run.rendezvous'));
  expect(rendezvousPath({ ...place, id: 'x'.repeat(300) }, null, 'demo')!.length).toBeLessThan(
    resolve('').length + 130,
  );
});

it('is written whole, for its owner alone, and over what lies there; and goes with its folder', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'runs', '.demo.rendezvous');
    const file = new RendezvousFile(path);
    await file.write('first');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await file.write('second');
    expect(await readRendezvous(path)).toEqual({ text: 'second' });
    expect(await readdir(join(folder, 'runs'))).toEqual(['.demo.rendezvous']);
    await file.remove();
    expect(await readdir(folder)).toEqual([]);
  });
});

it('does not write through what somebody else has put there', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, '.demo.rendezvous');
    await writeFile(join(folder, 'theirs'), 'theirs');
    await symlink(join(folder, 'theirs'), path);
    const file = new RendezvousFile(path);
    await file.write('ours');
    expect(await readFile(join(folder, 'theirs'), 'utf8')).toBe('theirs');
    expect(await readRendezvous(path)).toEqual({ text: 'ours' });
  });
});

it("stays where it is another launch's by now, and so does a folder that was there", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, '.demo.rendezvous');
    const [one, other] = [new RendezvousFile(path), new RendezvousFile(path)];
    await one.write('one');
    await other.write('other');
    await one.remove();
    expect(await readRendezvous(path)).toEqual({ text: 'other' });
    await other.remove();
    expect(await readdir(folder)).toEqual([]);
  });
});

it('is not believed where others could have written it', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'file');
    expect(await readRendezvous(path)).toEqual({ why: 'is not there' });
    await writeFile(path, 'text', { mode: 0o644 });
    await chmod(path, 0o644);
    expect(await readRendezvous(path)).toEqual({ why: 'is open to others than its owner' });
    await writeFile(join(folder, 'long'), 'x'.repeat(65_537), { mode: 0o600 });
    expect(await readRendezvous(join(folder, 'long'))).toEqual({ why: 'is no such file' });
    await mkdir(join(folder, 'folder'));
    expect(await readRendezvous(join(folder, 'folder'))).toEqual({ why: 'is no such file' });
    if (!root) return;
    await chmod(path, 0o600);
    await chown(path, 12_345, 12_345);
    expect(await readRendezvous(path)).toEqual({ why: 'belongs to another user (12345)' });
  });
});

it('says why it cannot be written, and what else there is', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    const error = await refusal(() => new RendezvousFile(join(folder, 'file', '.demo.rendezvous')).write('x'));
    expect(error).toMatchObject({ code: 'ERR_LOCKSTEP_WRITE_FAILED', exitCode: 2 });
    expect(error.mend).toMatch(/--rendezvous FILE.*LOCKSTEP_TOKEN/);
  });
});
