// What Python writes of a dictionary of plain values, as repr does: texts, numbers, True and False, tuples and lists. Nothing is
// evaluated. Pure.

export type PythonValue = string | number | boolean | null | PythonValue[] | Map<string, PythonValue>;

/** Deeper nothing is nested that is looked for. */
const MOST_DEPTH = 8;

/** undefined where the text is none, or something follows it. */
export function pythonLiteral(text: string): PythonValue | undefined {
  const reader = new LiteralReader(text);
  const value = reader.value(0);
  return reader.isAtEnd() ? value : undefined;
}

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#token(/[\s\0]*/y);
    return this.#at === this.#text.length;
  }

  /** undefined where there is none. */
  value(depth: number): PythonValue | undefined {
    if (depth > MOST_DEPTH) return undefined;
    this.#token(/\s*/y);
    const word = this.#token(/True|False|None|[+-]?\d{1,20}L?/y);
    if (word === 'True' || word === 'False') return word === 'True';
    if (word === 'None') return null;
    if (word !== null) return Number(word.replace('L', ''));
    const quoted = this.#token(/'[^'\\]*'|"[^"\\]*"/y);
    if (quoted !== null) return quoted.slice(1, -1);
    const open = this.#token(/[([{]/y);
    if (open === '{') return this.#dictionary(depth);
    if (open !== null) return this.#list(open === '(' ? /\)/y : /\]/y, depth);
    return undefined;
  }

  #list(end: RegExp, depth: number): PythonValue[] | undefined {
    const values: PythonValue[] = [];
    for (;;) {
      this.#token(/\s*/y);
      if (this.#token(end) !== null) return values;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      values.push(value);
      this.#token(/\s*/y);
      if (this.#token(/,/y) !== null) continue;
      return this.#token(end) === null ? undefined : values;
    }
  }

  #dictionary(depth: number): Map<string, PythonValue> | undefined {
    const values = new Map<string, PythonValue>();
    for (;;) {
      this.#token(/\s*/y);
      if (this.#token(/\}/y) !== null) return values;
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || this.#token(/\s*:/y) === null) return undefined;
      const value = this.value(depth + 1);
      if (value === undefined || values.has(key)) return undefined;
      values.set(key, value);
      this.#token(/\s*/y);
      if (this.#token(/,/y) !== null) continue;
      return this.#token(/\}/y) === null ? undefined : values;
    }
  }

  /** What stands here of the form, and goes on behind it; null where it does not. */
  #token(form: RegExp): string | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }
}
