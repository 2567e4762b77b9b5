// The weights that a run was told to begin from, as they are recorded: where the file was, and which one it was. Pure.

/** "weights.safetensors", or with its SHA-256 "weights.safetensors#sha256=...": then it has to be that very file. */
export interface InitFile {
  readonly path: string;
  readonly sha256: string | null;
}

export function initFileOf(choice: string): InitFile {
  const [, path, sha256] = /^(.*)#sha256=([0-9a-f]{64})$/s.exec(choice) ?? [];
  return path === undefined || path === '' || sha256 === undefined ? { path: choice, sha256: null } : { path, sha256 };
}

export function recordedInit(path: string, sha256: string): string {
  return `${path}#sha256=${sha256}`;
}

/** What tells equal weights, wherever their file is: null where a run draws its own. */
export function initIdentity(choice: unknown): string | null {
  return typeof choice === 'string' ? (initFileOf(choice).sha256 ?? choice) : null;
}
