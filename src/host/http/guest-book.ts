// Pure: who is at the door and not inside yet. A newcomer is never refused: the oldest goes instead, of the newcomer's own
// address where that has too many, else of the address that has the most; so nobody keeps others out by sitting there.

export interface GuestLimits {
  readonly connectionsOfAddress: number;
  readonly connectionsInAll: number;
}

interface Guest {
  readonly group: string;
  /** It has proved that it knows the token: it goes last. */
  vouched: boolean;
}

export class GuestBook<G> {
  readonly #limits: GuestLimits;
  /** In the order of coming. */
  readonly #guests = new Map<G, Guest>();
  readonly #counts = new Map<string, number>();

  constructor(limits: GuestLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#guests.size;
  }

  get guests(): Iterable<G> {
    return this.#guests.keys();
  }

  has(guest: G): boolean {
    return this.#guests.has(guest);
  }

  /** Takes it in. @returns who has to go for it */
  enter(guest: G, group: string): G[] {
    this.leave(guest);
    this.#guests.set(guest, { group, vouched: false });
    this.#counts.set(group, this.countOf(group) + 1);
    const gone: G[] = [];
    const drop = (of: string) => {
      const victim = this.#oldest(of);
      this.leave(victim);
      gone.push(victim);
    };
    if (this.countOf(group) > this.#limits.connectionsOfAddress) drop(group);
    if (this.#guests.size > this.#limits.connectionsInAll) drop(this.#largest());
    return gone;
  }

  /** It proved something, and goes after those that did not. */
  vouch(guest: G): void {
    const found = this.#guests.get(guest);
    if (found !== undefined) found.vouched = true;
  }

  /** It did something that keeps it for now: it is the youngest again. */
  renew(guest: G): void {
    const found = this.#guests.get(guest);
    if (found === undefined) return;
    this.#guests.delete(guest);
    this.#guests.set(guest, found);
  }

  /** It is inside, or gone. */
  leave(guest: G): void {
    const found = this.#guests.get(guest);
    if (found === undefined) return;
    this.#guests.delete(guest);
    const left = this.countOf(found.group) - 1;
    if (left === 0) this.#counts.delete(found.group);
    else this.#counts.set(found.group, left);
  }

  countOf(group: string): number {
    return this.#counts.get(group) ?? 0;
  }

  #oldest(group: string): G {
    let vouched: G | null = null;
    for (const [guest, one] of this.#guests) {
      if (one.group !== group) continue;
      if (!one.vouched) return guest;
      vouched ??= guest;
    }
    // Sound because it is only asked for a group that has somebody.
    return vouched!;
  }

  #largest(): string {
    let [largest, most] = ['', 0];
    for (const [group, count] of this.#counts) if (count > most) [largest, most] = [group, count];
    return largest;
  }
}
