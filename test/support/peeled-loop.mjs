// A loop of the kind that Maglev of Node 26 compiles wrong: `at` is changed by the loop and by a function within, which is inlined.
// It prints how often it was computed wrong: with Maglev on Node 26 once.
//   node --import ./test/support/peeled-loop.mjs PROGRAM    after the program, in its process

const bytes = Uint8Array.from({ length: 800_000 }, (_, i) => (i * 7919) % 13);

function read() {
  let at = 0;
  const sumOf = (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += bytes[at++] ?? 0;
    return sum;
  };
  let [sum, rounds] = [0, 0];
  while (at < bytes.length) {
    const tag = bytes[at++];
    rounds++;
    if (tag < 3) {
      sum += sumOf(1);
      continue;
    }
    sum += tag + sumOf(2);
    at = at + 1;
  }
  return `${sum} in ${rounds}`;
}

function readWithout() {
  let [at, sum, rounds] = [0, 0, 0];
  const byte = (place) => bytes[place] ?? 0;
  while (at < bytes.length) {
    const tag = bytes[at];
    rounds++;
    if (tag < 3) {
      sum += byte(at + 1);
      at += 2;
      continue;
    }
    sum += tag + byte(at + 1) + byte(at + 2);
    at += 4;
  }
  return `${sum} in ${rounds}`;
}

process.on('exit', () => {
  const expected = readWithout();
  const wrong = Array.from({ length: 5 }, read).filter((found) => found !== expected).length;
  process.stderr.write(`computed wrong: ${wrong} of 5\n`);
});
