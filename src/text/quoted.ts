// Text that others made (names of classes, of runs), put into a file of another language so that it stays text there: Python, a
// script element of HTML, YAML, Markdown. Each is quoted by the rules of its target, and reads back as what it was. Pure.

/** An expression of Python that gives the value; `json` is imported there. */
export function pythonJson(value: unknown): string {
  // Python's own literals would take a pair of surrogates for two characters: JSON's reader puts them together
  return `json.loads('${asciiJson(value).replaceAll(/[\\']/g, '\\$&')}')`;
}

/** JSON for the inside of a script element that is not executed: nothing in it can end the element, or open a comment. */
export function scriptJson(value: unknown): string {
  return asciiJson(value).replaceAll(/[<>&]/g, codeUnit);
}

/** A double-quoted scalar. YAML has no lone surrogates: they become U+FFFD. */
export function yamlScalar(text: string): string {
  const whole = text.replaceAll(/[\ud800-\udfff]/gu, '\ufffd');
  // what YAML takes for a line break, for a mark of byte order, or for no text at all is written by its number
  return JSON.stringify(whole).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, codeUnit);
}

/** Words within a paragraph or the cell of a table: no markup, no HTML, no link that makes itself. */
export function markdownText(text: string): string {
  return text
    .replaceAll(/[\s\u0085]+/gu, ' ')
    .replaceAll(/[&<>:@"]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(/[\\`*_{}[\]()#!|~$]/g, '\\$&');
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\uffff]/g, codeUnit);
}

function codeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
