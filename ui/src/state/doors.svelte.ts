/** The ways into My Settings & Devices: by an account, or at a host where there is none yet; and who is signed in behind each. */
import type { AccountView } from "../host/generated/AccountView";
import { doorKey } from "../host/host";
import type { Door, Host } from "../host/host";
import { Finding } from "./finding.svelte";
import { inMemory } from "./kept";
import type { Route } from "./route";
import type { SelfService } from "./selfservice.svelte";

/** The window around: what there is, and where the person goes. */
interface Around {
  readonly host: Host;
  readonly accounts: AccountView[];
  readonly route: Route;
  go(route: Route): void;
  add(): unknown;
}

export class Doors {
  /** Self-service by its door: made by the screen that shows it, gone with the lock. */
  readonly visits = new Map<string, SelfService>();
  /** How somebody without an account finds their organisation. */
  finding = $state.raw<Finding | null>(null);
  /** How far somebody is in a guide, which outlasts the lock: a code in a text is read in another app. */
  readonly kept = inMemory();
  #around: Around;
  /** The host that somebody without an account went in at last. */
  #host: string | null = null;
  #again = false;

  constructor(around: Around) {
    this.#around = around;
  }

  /** The accounts whose organisation has My Settings & Devices. */
  get accounts(): AccountView[] {
    return this.#around.accounts.filter((account) => account.kind === "organisation" && account.state !== "finishing" && !account.legacy);
  }

  /** By the only account, by one that is to be chosen, or at an organisation that is to be found. */
  open(): void {
    const [only, another] = this.accounts;
    if (only === undefined) this.#find();
    else this.#around.go({ to: "devices", door: another === undefined ? this.of(only) : null });
  }

  /** An account’s door; or the one that the person came in by before there was an account. */
  of({ id, host }: AccountView): Door {
    return host !== null && host === this.#signedInAt ? { host } : { account: id };
  }

  /** To activate an account again on this phone: signing in, a proof, and one tap. */
  reactivate(account: AccountView): void {
    if (this.accounts.includes(account)) {
      this.#again = true;
      this.#around.go({ to: "devices", door: { account: account.id } });
    } else this.#around.add();
  }

  /** Whether the person came to activate this phone again; said once, to the screen that leads there. */
  takeAgain(): boolean {
    const again = this.#again;
    this.#again = false;
    return again;
  }

  /** The visit that is on the screen. */
  get visit(): SelfService | null {
    const { route } = this.#around;
    return route.to === "devices" && route.door !== null ? (this.visits.get(doorKey(route.door)) ?? null) : null;
  }

  /** One step back on the screen that is shown; `false` where there is none. */
  back(): boolean {
    const { route } = this.#around;
    if (route.to !== "devices") return false;
    if (route.door === null) return this.finding?.back() === true;
    if (this.visit?.deep !== true) return false;
    this.visit.back();
    return true;
  }

  /** Another organisation than the one whose sign-in is shown. */
  findAnother(): void {
    this.finding?.ask();
    this.#around.go({ to: "devices", door: null });
  }

  /** The app locked. */
  forget(): void {
    for (const visit of this.visits.values()) visit.stop();
    this.visits.clear();
    this.finding = null;
    this.#host = null;
  }

  /** The host of a visit without an account in which somebody is signed in. */
  get #signedInAt(): string | null {
    const host = this.#host;
    return host !== null && (this.visits.get(doorKey({ host }))?.session ?? null) !== null ? host : null;
  }

  #find(): void {
    const host = this.#signedInAt;
    if (host !== null) {
      this.#around.go({ to: "devices", door: { host } });
      return;
    }
    const finding = new Finding(this.#around.host, (found) => {
      this.#host = found;
      this.#around.go({ to: "devices", door: { host: found } });
    });
    this.finding = finding;
    this.#around.go({ to: "devices", door: null });
    void finding.start();
  }
}
