/** The tabs of one browser share a session: what one of them changes, the others look at again at once. */

/** The part of a `BroadcastChannel` that is used; it never brings a tab its own messages. */
export type Channel = Pick<BroadcastChannel, "postMessage"> & { onmessage: ((event: MessageEvent) => void) | null };

export class Tabs {
  #channel: Channel;

  constructor(channel: Channel = new BroadcastChannel("countersign")) {
    this.#channel = channel;
  }

  /** Something changed here. */
  tell = (): void => this.#channel.postMessage("changed");

  /** Something changed in another tab. */
  onTold(listener: () => void): void {
    this.#channel.onmessage = listener;
  }
}
