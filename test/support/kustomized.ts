// What `kubectl apply -k` would send: deploy/kubernetes with a token of its own, and what kustomize makes of one of its folders.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from './strict-kubernetes.ts';

export const kubernetesFolder = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

/** As the README makes it: hexadecimal digits, and the end of a line. */
const clusterToken = `${'5ec7e7'.repeat(10)}\n`;

/** `folder`: e.g. overlays/laptop. */
export function kustomized(folder: string): readonly Manifest[] {
  const copy = mkdtempSync(join(tmpdir(), 'lockstep-kustomize-'));
  try {
    cpSync(kubernetesFolder, copy, { recursive: true });
    writeFileSync(join(copy, 'surroundings/token'), clusterToken, { mode: 0o600 });
    return manifestsOf(
      execFileSync('kubectl', ['kustomize', join(copy, folder)], {
        encoding: 'utf8',
        // newer ones deprecate what the old one needs
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  } finally {
    rmSync(copy, { recursive: true });
  }
}

export function manifestsOf(yaml: string): readonly Manifest[] {
  return parseAllDocuments(yaml).map((document) => inOneLine(document.toJS() as Manifest));
}

/** Newer kubectls break lines within base64, which an API server passes over. */
function inOneLine(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Secret') return manifest;
  const entries = Object.entries(manifest.data ?? {});
  return { ...manifest, data: Object.fromEntries(entries.map(([key, value]) => [key, value.replaceAll(/\s/g, '')])) };
}
