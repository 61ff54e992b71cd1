/** Requests and notices in the window: when one takes it, which is open, and what goes on behind them. */
import type { NoticeView } from "../host/generated/NoticeView";
import type { Host } from "../host/host";
import { Answering } from "./answering.svelte";
import type { Ticker } from "./clock.svelte";
import type { OpenView } from "./app.svelte";
import { Inbox } from "./inbox.svelte";
import type { Waiting } from "./inbox.svelte";
import { Noticing } from "./noticing.svelte";
import type { Route } from "./route";

/** The window around: where the person is and goes. */
interface Around {
  readonly host: Host;
  readonly ticker: Ticker;
  readonly open: OpenView | null;
  /** Nothing is being typed, answered or asked that a request would take away. */
  readonly isIdle: boolean;
  route: Route;
  go(route: Route): void;
  goHome(): void;
  refresh(): Promise<void>;
}

export class Requests {
  #around: Around;
  readonly inbox: Inbox;
  /** The devices, or the move, that a request was opened from: they go on behind it. */
  #before: Route | null = null;

  constructor(around: Around) {
    this.#around = around;
    this.inbox = new Inbox(around.host, around.ticker);
  }

  /** What the host says that waits. */
  show(view: OpenView): void {
    this.inbox.show(view.requests);
  }

  /** A new request takes the window by itself where nothing is being typed or answered. */
  announce(): void {
    const { fresh } = this.inbox;
    if (fresh.length === 0 || !this.#around.isIdle) return;
    this.inbox.see(fresh);
    this.openWaiting();
  }

  openWaiting(): void {
    const [only] = this.inbox.waiting;
    if (only === undefined) return;
    this.#keepPlace();
    if (this.inbox.waiting.length === 1) this.open(only, "home");
    else this.#around.route = { to: "requests" };
  }

  open(waiting: Waiting, from: "home" | "requests"): void {
    const around = this.#around;
    this.inbox.see([waiting]);
    this.#keepPlace();
    const answering = new Answering(around.host, around.ticker, waiting.request, waiting.endsAt, around.open?.unlock_with ?? "pin");
    around.route = { to: "answer", answering, from };
  }

  /** Closes the request without answering, or after the last word. */
  leaveAnswer(): void {
    const { route } = this.#around;
    if (route.to !== "answer" || route.answering.sending !== null) return;
    const { answering, from } = route;
    if (!answering.open) this.inbox.drop(answering.request.id);
    if (from === "requests" && this.inbox.waiting.length > 0) this.#around.route = { to: "requests" };
    else this.#resumeOrGoHome();
    void this.#around.refresh();
  }

  async denyAll(): Promise<void> {
    await this.inbox.denyAll();
    if (this.inbox.problem === null) this.#resumeOrGoHome();
    await this.#around.refresh();
  }

  /** A change of another device of the person: was it them? */
  openNotice(notice: NoticeView): void {
    this.#around.go({ to: "notice", noticing: new Noticing(this.#around.host, notice) });
  }

  /** Back to what went on behind a request; `false` where nothing did. */
  resume(): boolean {
    const before = this.#before;
    if (before !== null) this.#around.route = before;
    return before !== null;
  }

  /** The person went elsewhere: nothing goes on behind a request any more. */
  forgetPlace(): void {
    this.#before = null;
  }

  /** Time passed: a request that ran out is closed. */
  expire(): void {
    const { route } = this.#around;
    if (route.to === "answer") route.answering.check();
    this.inbox.expire();
    if (this.#around.route.to === "requests" && this.inbox.waiting.length === 0) this.#resumeOrGoHome();
  }

  /** What was answered elsewhere, or was taken back. */
  leaveWhatIsGone(view: OpenView): void {
    const { route } = this.#around;
    if (route.to === "answer" && !view.requests.some(({ id }) => id === route.answering.request.id)) {
      route.answering.gone(view.answered.find(({ id }) => id === route.answering.request.id) ?? null);
    }
    if (route.to === "requests" && this.inbox.waiting.length === 0 && !this.resume()) this.#around.route = { to: "home" };
    if (route.to === "notice" && !view.notices.some(({ id }) => id === route.noticing.notice.id)) route.noticing.gone();
  }

  #keepPlace(): void {
    const { route } = this.#around;
    if (route.to === "devices" || route.to === "move") this.#before = route;
  }

  #resumeOrGoHome(): void {
    if (!this.resume()) this.#around.goHome();
  }
}
