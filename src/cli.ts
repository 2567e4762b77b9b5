#!/usr/bin/env node
// The first lines of the process; the command line itself is command-line.ts. Nothing is imported before they have run, since
// Node, until somebody listens, opens a debugger for SIGUSR1 and dies of SIGUSR2: schedulers send both as mere warnings.

// for good: whoever does something about them listens as well
for (const name of ['SIGUSR1', 'SIGUSR2']) process.on(name, () => {});

// what comes next takes parts of Node that this one lacks
if ((process as Partial<NodeJS.Process>).getBuiltinModule === undefined) {
  process.stderr.write(
    `Error: This Node is too old\n  Why:  it is ${process.versions.node}, and Lockstep needs 20.19 or newer (of 22, 22.3 or newer; not 21)\n  Mend: Install a newer one (https://nodejs.org, or: nvm install 22); node --version says which is found\n`,
  );
  process.exit(2);
}

const askedForDebugger = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flag) =>
  /--inspect/.test(flag),
);

/** One that a signal opened while Node itself was still starting. */
function closeDebugger(): void {
  const inspector = process.getBuiltinModule('node:inspector');
  if (!askedForDebugger && inspector.url() !== undefined) inspector.close();
}

closeDebugger();
// asked for just before the first line, it opens just after it
setImmediate(closeDebugger);
try {
  await import('./host/process/without-maglev.ts');
  await import('./command-line.ts');
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  process.stderr.write(
    'Error: The program cannot be loaded\n  Why:  too many files are open (EMFILE; ulimit -n)\n  Mend: Allow more: ulimit -n 1024\n',
  );
  process.exitCode = 2;
}

export {};
