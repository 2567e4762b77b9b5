// The sheet that is drawn on, by mouse, pen, finger or keys: dark strokes on white, whatever the page looks like. Knows nothing of
// what is made of them.

/** Of the canvas's pixels. */
const strokeWidth = 26;
const keyStep = 8;

export interface Sheet {
  /** As it is now, red, green, blue and alpha. */
  pixels(): ImageData;
  clear(): void;
  /** A picture in the place of strokes, as large as fits; the next stroke begins anew. */
  show(picture: CanvasImageSource, width: number, height: number): void;
}

interface Parts {
  /** Has the focus of the keyboard. */
  readonly desk: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Where the keys' pen is. */
  readonly pen: HTMLElement;
}

/** `drawn` hears of each change by a stroke, and whether the stroke ended with it. */
export function makeSheet({ desk, canvas, pen }: Parts, drawn: (ended: boolean) => void): Sheet {
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const { width, height } = canvas;
  let holdsPicture = false;

  const clear = () => {
    holdsPicture = false;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
  };
  const stroke = (from: Point, to: Point) => {
    if (holdsPicture) clear();
    context.strokeStyle = '#000';
    context.lineWidth = strokeWidth;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  };
  listenToPointer(canvas, stroke, drawn);
  listenToKeys({ desk, canvas, pen }, stroke, drawn);
  clear();
  return {
    pixels: () => context.getImageData(0, 0, width, height),
    clear,
    show: (picture, itsWidth, itsHeight) => {
      clear();
      const scale = Math.min(width / itsWidth, height / itsHeight);
      const [w, h] = [itsWidth * scale, itsHeight * scale];
      context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
      holdsPicture = true;
    },
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

type Stroke = (from: Point, to: Point) => void;

function listenToPointer(canvas: HTMLCanvasElement, stroke: Stroke, drawn: (ended: boolean) => void): void {
  let last: Point | null = null;
  let pointer = -1;
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { x: ((clientX - left) * canvas.width) / width, y: ((clientY - top) * canvas.height) / height };
  };
  canvas.addEventListener('pointerdown', (event) => {
    // a second finger draws no line to the first
    if (last !== null || event.button !== 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    last = pointOf(event);
    stroke(last, last);
    drawn(false);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerId !== pointer || last === null) return;
    // a browser hands over several places at once; some know of none but the last
    const places = event.getCoalescedEvents?.() ?? [];
    for (const place of places.length === 0 ? [event] : places) {
      const next = pointOf(place);
      stroke(last, next);
      last = next;
    }
    drawn(false);
  });
  for (const end of ['pointerup', 'pointercancel'] as const) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== pointer || last === null) return;
      last = null;
      pointer = -1;
      drawn(true);
    });
  }
}

const arrows: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Arrows move a pen that is shown while the sheet has the focus of a keyboard; space puts it down or lifts it. */
function listenToKeys({ desk, canvas, pen }: Parts, stroke: Stroke, drawn: (ended: boolean) => void): void {
  let at: Point = { x: canvas.width / 2, y: canvas.height / 2 };
  let down = false;
  const show = (shown: boolean) => {
    pen.hidden = !shown;
    pen.classList.toggle('down', down);
    pen.style.left = `${(100 * at.x) / canvas.width}%`;
    pen.style.top = `${(100 * at.y) / canvas.height}%`;
  };
  desk.addEventListener('focus', () => show(desk.matches(':focus-visible')));
  desk.addEventListener('blur', () => {
    down = false;
    show(false);
  });
  desk.addEventListener('pointerdown', () => {
    down = false;
    show(false);
  });
  desk.addEventListener('keydown', (event) => {
    const way = arrows[event.key];
    if (event.key === ' ') {
      down = !down;
      if (down) stroke(at, at);
      drawn(true);
    } else if (way !== undefined) {
      const step = keyStep * (event.shiftKey ? 4 : 1);
      const within = (value: number, most: number) => Math.max(0, Math.min(most, value));
      const next = { x: within(at.x + step * way.x, canvas.width), y: within(at.y + step * way.y, canvas.height) };
      if (down) stroke(at, next);
      at = next;
      if (down) drawn(true);
    } else return;
    event.preventDefault();
    show(true);
  });
}
