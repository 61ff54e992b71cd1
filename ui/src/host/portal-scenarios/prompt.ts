/** The sign-in prompt of an application. */
import type { PromptView } from "../generated/self-service/PromptView";
import type { ProofState } from "../generated/self-service/ProofState";
import type { Prompting } from "../../state/prompting.svelte";
import { way } from "../portal-fake";
import { FakePrompt, promptView } from "../prompt-fake";
import { begun } from "./made";

/** A state: a prompt, and what happens from there. */
export interface PromptScenario {
  prompt: FakePrompt;
  then: (self: Prompting, prompt: FakePrompt) => unknown;
}

const at =
  (
    then: PromptScenario["then"] = () => undefined,
    view: Partial<PromptView> = {},
    prepare: (prompt: FakePrompt) => void = () => undefined,
  ): (() => PromptScenario) =>
  () => {
    const prompt = new FakePrompt(promptView(view));
    prepare(prompt);
    return { prompt, then };
  };

/** The push that was sent at once came to `state`. */
const came = (state: ProofState) =>
  at(async (_self, prompt) => {
    await begun();
    prompt.happens({ state, number: null });
    await begun();
  });
const asked = { first: null };
const typed = (code: string, problem: "locked" | "passcode_used" | null = null) =>
  at(
    async (self) => {
      self.proving?.toPasscode();
      self.proving?.type(code);
      await begun();
    },
    asked,
    (prompt) => {
      if (problem !== null) prompt.portal.refuse("prove", problem, { until: new Date().setHours(14, 47, 0, 0) });
    },
  );
const call = (state: ProofState) =>
  at(async (self, prompt) => {
    void self.proving?.ask("call", "d1");
    await begun();
    prompt.happens({ state, ...(state === "answered" ? { number: "472913" } : { number: null }) });
    await begun();
  }, asked);

export const prompt: Record<string, () => PromptScenario> = {
  prompt: at(begun),
  "prompt-ask": at(undefined, asked),
  "prompt-ways": at(async (self) => {
    await begun();
    self.back();
  }),
  "prompt-expired": came("expired"),
  "prompt-unreached": came("unreached"),
  "prompt-denied": came("denied"),
  "prompt-reported": came("reported"),
  "prompt-wrong": came("wrong_number"),
  "prompt-confirmed": came("confirmed"),
  "prompt-paused": at(undefined, {
    ...asked,
    ways: [way({ kind: "passcode", device: null, name: "", best: true }), way({ why_not: "paused" })],
  }),
  "prompt-passcode": typed("482"),
  "prompt-passcode-wrong": typed("482911"),
  "prompt-locked": typed("482911", "locked"),
  "prompt-desk": at((self) => self.proving?.toDesk(), asked),
  "prompt-bypass": at((self) => self.proving?.toBypass(), asked),
  "prompt-call": call("answered"),
  "prompt-no-answer": call("no_answer"),
  "prompt-no-device": at(undefined, { stage: "refused", why: "not_enrolled", ways: [], first: null }),
  "prompt-enrol": at(undefined, { stage: "refused", why: "enrol_first", ways: [], first: null }),
  "prompt-disabled": at(undefined, { stage: "refused", why: "disabled", ways: [], first: null }),
  "prompt-over": at(undefined, { stage: "over" }),
  "prompt-left": at(undefined, { stage: "left", account: "" }),
  "prompt-bad-link": at(undefined, {}, (fake) => (fake.shown = null)),
  "prompt-down": at(undefined, {}, (fake) => (fake.down = true)),
};
