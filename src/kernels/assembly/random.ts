// Philox4x32-10 (Salmon et al., SC 2011), the twin of src/random.ts. The result stands in globals of the instance, which
// no other thread sees.

export let word0: u32 = 0;
export let word1: u32 = 0;
export let word2: u32 = 0;
export let word3: u32 = 0;

export function draw(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  for (let round = 0; round < 10; round++) {
    const product0 = <u64>0xd2511f53 * c0;
    const product1 = <u64>0xcd9e8d57 * c2;
    c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
    c1 = <u32>product1;
    c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
    c3 = <u32>product0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  word0 = c0;
  word1 = c1;
  word2 = c2;
  word3 = c3;
}

/** One block in place: four counter words at `counter`, two key words at `key`. */
export function philox(counter: usize, key: usize): void {
  draw(
    load<u32>(counter),
    load<u32>(counter, 4),
    load<u32>(counter, 8),
    load<u32>(counter, 12),
    load<u32>(key),
    load<u32>(key, 4),
  );
  store<u32>(counter, word0);
  store<u32>(counter, word1, 4);
  store<u32>(counter, word2, 8);
  store<u32>(counter, word3, 12);
}
