// Where in the text of a JSON object its own keys stand, for people who mend it. Pure.

/** The line, from 1, of a key of the outermost object; of several the last, whose value counts. null: it has no such key. */
export function lineOfKey(json: string, key: string): number | null {
  let [depth, line, found] = [0, 1, null as number | null];
  // strings whole, each with the colon behind it if it is a key; brackets; ends of lines
  for (const [token, string, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[\]{}]|\n/g)) {
    if (string !== undefined && colon !== undefined && depth === 1 && JSON.parse(string) === key) found = line;
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    line += token.split('\n').length - 1;
  }
  return found;
}

/** What the parser says of a place, with its line: older ones count characters only. */
export function withLine(message: string, json: string): string {
  const position = /at position (\d+)(?! \(line)\b/.exec(message)?.[1];
  if (position === undefined) return message;
  const line = json.slice(0, Number(position)).split('\n').length;
  return message.replace(`at position ${position}`, `at position ${position} (line ${line})`);
}
