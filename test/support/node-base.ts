// A base image for the Dockerfile where no registry of images is at hand: this machine's Node and npm, a shell, and the libraries that
// they load. By buildah, which needs no engine; as root. Images and containers stand in a folder of their own.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { output } from './tools.ts';

const programs = ['node', 'sh', 'env', 'mkdir', 'rm', 'cp', 'id'];

/** Options of buildah itself, with which all is in `folder`. */
export function storageIn(folder: string): readonly string[] {
  return ['--root', join(folder, 'store'), '--runroot', join(folder, 'state'), '--storage-driver', 'vfs'];
}

/** Makes the image `localhost/node-base`. */
export function makeNodeBase(folder: string): void {
  const base = join(folder, 'base');
  for (const path of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc/ssl/certs', 'tmp', 'root']) {
    mkdirSync(join(base, path), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) if (existsSync(`/${name}`)) copyRootFolder(name, base);
  const copy = (path: string) => {
    const real = realpathSync(dirname(path));
    const to = join(base, real);
    mkdirSync(to, { recursive: true });
    cpSync(path, join(to, path.slice(dirname(path).length + 1)), { dereference: true });
  };
  for (const program of programs) {
    const path = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    for (const library of output('ldd', [path]).match(/\/\S+(?= \()/g) ?? []) copy(library);
    cpSync(path, join(base, 'usr/bin', program), { dereference: true });
  }
  // the rest of the C library, which every base image has: add-ons of Node load it
  const libraries = dirname(/\/\S*libc\.so\.6/.exec(output('ldd', [process.execPath]))![0]);
  for (const name of readdirSync(libraries)) {
    if (/^lib(rt|resolv|util|anl|nss_\w+)\.so\.\d+$/.test(name)) copy(join(libraries, name));
  }
  const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
  cpSync(dirname(dirname(npm)), join(base, 'usr/lib/npm'), { recursive: true });
  symlinkSync('../lib/npm/bin/npm-cli.js', join(base, 'usr/bin/npm'));
  writeFileSync(join(base, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  cpSync('/etc/nsswitch.conf', join(base, 'etc/nsswitch.conf'));
  // whom this machine trusts, the image's npm has to trust as well
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(authorities)) cpSync(authorities, join(base, authorities), { dereference: true });
  const trust = existsSync(authorities) ? `NODE_EXTRA_CA_CERTS=${authorities} ` : '';
  writeFileSync(join(folder, 'Base'), `FROM scratch\nCOPY . /\nENV ${trust}npm_config_prefer_offline=true\n`);
  const bud = ['bud', '-q', '--isolation', 'chroot', '-f', join(folder, 'Base'), '-t', 'localhost/node-base', base];
  output('buildah', [...storageIn(folder), ...bud]);
}

/** /bin is a link to usr/bin, or a folder. */
function copyRootFolder(name: string, base: string): void {
  try {
    symlinkSync(readlinkSync(`/${name}`), join(base, name));
  } catch {
    mkdirSync(join(base, name));
  }
}
