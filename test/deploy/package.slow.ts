// The package as it would be published: packed, installed in an empty project, and used there as a stranger uses it: by its command,
// from ESM with types, from CommonJS. Needs dist/ (npm run build) and the package registry; skipped, with the reason, without.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { messageOf } from '../../src/errors.ts';
import { readHouse } from '../support/house/house.ts';
import { deployHoldsNoSources, linksResolve } from '../support/house/papers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lockstep-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const INSTALL_MS = 240_000;
const run = promisify(execFile);

/** The archive, packed without building: dist/ is what `npm ci` left. */
function packed(): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }));
  return join(folder, filename);
}

/** An empty project that holds these; null, with the reason, where the registry cannot be reached. */
async function project(name: string, packages: readonly string[]): Promise<string | null> {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name, private: true }));
  try {
    const quiet = ['--no-audit', '--no-fund', '--omit=optional', '--loglevel=error', '--prefer-offline'];
    await run('npm', ['install', ...quiet, ...packages], { cwd, timeout: INSTALL_MS });
    return cwd;
  } catch (error) {
    console.log(`skipped: the packages cannot be installed (${messageOf(error).split('\n')[0]})`);
    return null;
  }
}

const archive = packed();
const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .map((path) => path.replace(/^package\//, ''));

test('holds the program, its texts and what is to be copied, and nothing of development', () => {
  for (const path of ['dist/src/cli.js', 'dist/src/library.js', 'dist/src/library.d.ts', 'README.md', 'LICENSE']) {
    expect(names).toContain(path);
  }
  const texts = ['src/run/RECEIPTS.md', 'src/wire/PROTOCOL.md', 'worker/engines/TFJS.md', 'test/bench/README.md'];
  const outside = names.filter((path) => !/^(dist|deploy)\//.test(path) && !/^[A-Z]+(\.md)?$/.test(path));
  expect(outside.filter((path) => !texts.includes(path) && !path.endsWith('.md'))).toEqual(['package.json']);
  expect(names.filter((path) => /(^|\/)(test|node_modules|\.ci|\.github|coverage)\//.test(path))).toEqual([
    'test/bench/README.md',
  ]);
  expect(names.filter((path) => /\.(map|tsbuildinfo|tgz)$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
});

test('holds all that its texts link, and every text', () => {
  const house = readHouse();
  const isPacked = (path: string) =>
    names.some((one) => one === path || one.startsWith(path.endsWith('/') ? path : `${path}/`));
  expect(linksResolve(house, isPacked)).toEqual([]);
  expect(deployHoldsNoSources(names)).toEqual([]);
  expect([...house.texts.keys()].filter((path) => path.endsWith('.md') && !isPacked(path))).toEqual([]);
});

const TOOLS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5', 'typedoc@0.28.20', `typescript@${ts.version}`];
const [here, tools] = await Promise.all([project('user', [archive]), project('tools', TOOLS)]);

describe.skipIf(here === null)('in an empty project', { concurrent: true }, () => {
  const cwd = here!;
  const short = ['--threads', '1', '--max-steps', '3', '--limit-train', '512', '--no-report', '--quiet', '--json'];

  test('npx lockstep train', async () => {
    const { stdout } = await run('npx', ['--no-install', 'lockstep', 'train', ...short, '--out', 'run'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(readdirSync(join(cwd, 'run'))).toContain('model.safetensors');
  });

  test('without tfjs-node it names the script that brings it, as it is found from there', async () => {
    const asked = run('npx', ['--no-install', 'lockstep', 'train', '--engine', 'tfjs-node', '--out', 'none'], { cwd });
    const { code, stderr } = await asked.then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/Mend: Run node_modules\/lockstep\/deploy\/tfjs-native\.sh, /),
    ]);
    await run('bash', ['node_modules/lockstep/deploy/tfjs-native.sh', '--help'], { cwd });
  });

  test('import from ESM, and its types under both ways of resolving them', async () => {
    writeFileSync(
      join(cwd, 'esm.mts'),
      [
        "import { LockstepError, train, type TrainEvent, type TrainOptions } from 'lockstep';",
        'const options: Partial<TrainOptions> = { threads: 0, maxSteps: 2, limitTrain: 512, valSize: 64 };',
        'const told: TrainEvent[] = [];',
        'const summary = await train(options, { onEvent: (event) => told.push(event) });',
        'const digest: string = summary.digest;',
        'console.log(digest.length, told.length > 0, LockstepError.name);',
      ].join('\n'),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const types = [
      '--strict',
      '--target',
      'es2023',
      '--typeRoots',
      join(root, 'node_modules/@types'),
      '--types',
      'node',
    ];
    await run(process.execPath, [tsc, ...types, '--module', 'nodenext', 'esm.mts'], { cwd });
    // the declarations themselves were checked by the first
    const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit', '--skipLibCheck'];
    await run(process.execPath, [tsc, ...types, ...bundler, 'esm.mts'], { cwd });
    const { stdout } = await run(process.execPath, ['esm.mjs'], { cwd });
    expect(stdout).toBe('64 true LockstepError\n');
  });

  test('import() from CommonJS', async () => {
    const text = "import('lockstep').then(({ createAdam }) => console.log(typeof createAdam));";
    writeFileSync(join(cwd, 'common.cjs'), text);
    expect((await run(process.execPath, ['common.cjs'], { cwd })).stdout).toBe('function\n');
  });

  test('what the README of the package links to is there', () => {
    const readme = readFileSync(join(cwd, 'node_modules/lockstep/README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!.replace(/\/$/, ''));
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((path) => !names.some((name) => name === path || name.startsWith(`${path}/`)))).toEqual([]);
  });
});

describe.skipIf(tools === null)('by the tools that look at packages', { concurrent: true }, () => {
  const cwd = tools!;

  test('publint', async () => {
    expect((await run('npx', ['--no-install', 'publint', '--strict', archive], { cwd })).stdout).toContain('All good!');
  });

  // node10 knows no "exports", and CommonJS has import() alone: both are meant
  test('attw', async () => {
    const { stdout } = await run('npx', ['--no-install', 'attw', '--profile', 'esm-only', archive], { cwd });
    expect(stdout).toMatch(/node16 \(from ESM\) │ 🟢 \(ESM\)/);
    expect(stdout).toMatch(/bundler {11}│ 🟢/);
  });

  // of the declarations that users have; a type that they are not given, or a link to nowhere, is a warning
  test('typedoc', async () => {
    await run('tar', ['-xzf', archive], { cwd });
    const compilerOptions = {
      strict: true,
      target: 'es2023',
      module: 'nodenext',
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'],
    };
    const entry = 'package/dist/src/library.d.ts';
    writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [entry] }));
    // README.md links into the repository, which is not beside the reference, and may have no remote that sources are linked to
    const without = ['--readme', 'none', '--disableSources'];
    const options = ['--entryPoints', entry, '--treatWarningsAsErrors', ...without, '--out', 'reference'];
    await run('npx', ['--no-install', 'typedoc', ...options], { cwd });
    expect(readdirSync(join(cwd, 'reference/functions'))).toContain('train.html');
  });
});
