// What a node did over all connections of its process, for its own metrics. Told by the connection of the moment, and read by
// whoever shows it; knows neither.

export class NodeCounts {
  #connected = false;
  #connections = 0;
  #shardsDone = 0;
  #samplesDone = 0;
  #wideChecks = 0;

  /** A connection became a member. */
  joined(): void {
    this.#connected = true;
    this.#connections++;
  }

  /** It ended. */
  left(): void {
    this.#connected = false;
  }

  /** Shards were computed, and are about to be sent. */
  answered(shards: number, samples: number): void {
    this.#shardsDone += shards;
    this.#samplesDone += samples;
  }

  /** So many more tasks were done again by narrow code. */
  checked(tasks: number): void {
    this.#wideChecks += tasks;
  }

  now() {
    return {
      connected: this.#connected,
      connections: this.#connections,
      shardsDone: this.#shardsDone,
      samplesDone: this.#samplesDone,
      wideChecks: this.#wideChecks,
    };
  }
}
