/** What a person says to a change of another device of theirs, from the question to what came of it. */
import type { NoticeView } from "../host/generated/NoticeView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";

export type NoticingStep = "question" | "mine" | "stopped" | "gone";

export class Noticing {
  readonly notice: NoticeView;
  step = $state<NoticingStep>("question");
  /** Which answer is on its way. */
  sending = $state<"mine" | "not-me" | null>(null);
  /** Why the last answer did not get through. */
  problem = $state.raw<Problem | null>(null);
  #host: Host;

  constructor(host: Host, notice: NoticeView) {
    this.#host = host;
    this.notice = notice;
  }

  mine(): Promise<void> {
    return this.#say("mine");
  }

  notMe(): Promise<void> {
    return this.#say("not-me");
  }

  /** The service does not tell of it any more, though nothing was said here. */
  gone(): void {
    if (this.step === "question" && this.sending === null) this.step = "gone";
  }

  async #say(answer: "mine" | "not-me"): Promise<void> {
    if (this.step !== "question" || this.sending !== null) return;
    this.sending = answer;
    this.problem = null;
    try {
      await this.#host.answerNotice(this.notice.id, answer === "not-me");
      this.step = answer === "mine" ? "mine" : "stopped";
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "request_gone") this.step = "gone";
      else this.problem = problem;
    } finally {
      this.sending = null;
    }
  }
}
