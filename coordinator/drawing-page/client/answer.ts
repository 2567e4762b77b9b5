// The answer as the page shows it: the class, a bar for each class, and the image that the network saw. Names of classes are text
// that others wrote: they become text of the page and nothing else.

/** With more classes than this the likeliest are shown alone. */
const mostBars = 12;
const likeliest = 10;

interface Bar {
  readonly name: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

export interface AnswerView {
  show(probabilities: ArrayLike<number>, image: Uint8Array): void;
  /** Why there is none. */
  none(why: string): void;
}

export function makeAnswerView(
  { best, list, seen }: { best: HTMLElement; list: HTMLElement; seen: HTMLCanvasElement },
  classes: readonly string[],
  { rows, columns }: { rows: number; columns: number },
): AnswerView {
  const all = classes.length <= mostBars;
  const bars = Array.from({ length: all ? classes.length : likeliest }, () => addBar(list));
  list.classList.toggle('named', !classes.every((name) => name.length <= 3));
  seen.width = columns;
  seen.height = rows;
  const context = seen.getContext('2d')!;

  const say = (text: string, isNone: boolean) => {
    // a reader of the screen is told of changes only
    if (best.textContent !== text) best.textContent = text;
    best.classList.toggle('none', isNone);
  };
  const fill = (order: readonly number[], part: (label: number) => number) => {
    bars.forEach(({ name, fill, value }, i) => {
      const label = order[i]!;
      name.textContent = name.title = classes[label]!;
      fill.style.width = `${100 * part(label)}%`;
      value.textContent = `${(100 * part(label)).toFixed(2)} %`;
    });
  };
  const inOrder = classes.map((_, label) => label);
  const none = (why: string) => {
    fill(inOrder, () => 0);
    context.clearRect(0, 0, columns, rows);
    say(why, true);
  };
  return {
    none,
    show: (probabilities, image) => {
      const byChance = inOrder.toSorted((a, b) => probabilities[b]! - probabilities[a]!);
      fill(all ? inOrder : byChance, (label) => probabilities[label]!);
      context.putImageData(new ImageData(greyOf(image), columns, rows), 0, 0);
      const first = byChance[0]!;
      say(`${classes[first]} (${(100 * probabilities[first]!).toFixed(2)} %)`, false);
    },
  };
}

function addBar(list: HTMLElement): Bar {
  const item = document.createElement('li');
  const name = document.createElement('bdi');
  const track = document.createElement('span');
  const fill = document.createElement('span');
  const value = document.createElement('span');
  track.className = 'track';
  value.className = 'value';
  track.append(fill);
  item.append(name, track, value);
  list.append(item);
  return { name, fill, value };
}

function greyOf(image: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const colours = new Uint8ClampedArray(4 * image.length);
  image.forEach((value, i) => {
    colours.set([value, value, value, 255], 4 * i);
  });
  return colours;
}
