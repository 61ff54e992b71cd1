/** Finding the service of somebody who has no account there: a host that the administrator listed, or a typed address. */
import type { Problem } from "../host/generated/Problem";
import type { ServiceHostView } from "../host/generated/ServiceHostView";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";

export type FindingStep =
  | { at: "looking" }
  | { at: "hosts"; hosts: string[] }
  | { at: "type" }
  /** The whole address is shown before anything is asked there. */
  | { at: "confirm"; found: ServiceHostView };

export class Finding {
  step = $state.raw<FindingStep>({ at: "looking" });
  text = $state("");
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #host: Host;
  #found: (host: string) => void;
  #hosts: string[] = [];

  constructor(host: Host, found: (host: string) => void) {
    this.#host = host;
    this.#found = found;
  }

  /** Where the administrator listed one host, nothing is asked. */
  async start(): Promise<void> {
    // Without a list the address is typed.
    this.#hosts = await this.#host.serviceHosts().catch(() => []);
    const [only, another] = this.#hosts;
    if (only !== undefined && another === undefined) this.#found(only);
    this.ask();
  }

  /** The choice, or the field where there is nothing to choose from. */
  ask(): void {
    this.problem = null;
    this.step = this.#hosts.length > 0 ? { at: "hosts", hosts: this.#hosts } : { at: "type" };
  }

  choose(host: string): void {
    this.#found(host);
  }

  another(): void {
    this.step = { at: "type" };
  }

  type(text: string): void {
    this.text = text;
    this.problem = null;
  }

  async read(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      this.step = { at: "confirm", found: await this.#host.readServiceHost(this.text) };
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  confirm(): void {
    if (this.step.at === "confirm") this.#found(this.step.found.host);
  }

  /** One step back; `false` where there is none. */
  back(): boolean {
    if (this.step.at === "confirm") this.another();
    else if (this.step.at === "type" && this.#hosts.length > 0) this.ask();
    else return false;
    return true;
  }
}
