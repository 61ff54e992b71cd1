/** What a guide says of itself and of each step, on this host and as things stand. */
import { clockTime, m } from "../../../messages";
import type { GuideStep, StepName } from "../../../state/guide.svelte";
import type { GuideName } from "../../../state/place";
import type { SelfService } from "../../../state/selfservice.svelte";

export function guideWords(self: SelfService, guide: GuideName, now: StepName | null): { bar: string; title: string; body: string | null } {
  if (guide === "new") {
    const words = m.guides.new;
    if (now === "test") return { bar: words.bar, title: words.testTitle, body: null };
    if (now === "remove" || now === null) return { bar: words.bar, title: now === null ? words.doneTitle : words.removeTitle, body: null };
    return { bar: words.bar, title: words.title, body: words.body };
  }
  const { bar, title, body } = m.guides[guide];
  return { bar, title: guide === "same" && !self.guiding.here ? m.guides.same.titleCode : title, body };
}

export function stepWords(
  self: SelfService,
  guide: GuideName,
  name: StepName,
  state: GuideStep["state"],
): { title: string; body: string | null } {
  const words = m.guides;
  const { guiding } = self;
  switch (name) {
    case "sign-in": {
      const account = self.session?.person.account ?? "";
      return { title: words.signIn, body: words.who(account, self.site?.organisation ?? "") };
    }
    case "prove":
      if (state === "done") return { title: words.prove, body: null };
      if (guide === "new") return { title: words.new.proveOld, body: words.new.proveOldBody };
      if (guide === "restored" && guiding.call !== null)
        return { title: words.proveCall, body: words.proveCallBody(guiding.call.ending ?? "") };
      return { title: words.prove, body: self.site?.calls === true ? words.proveBody : words.proveBodyPlain };
    case "again":
      if (state === "done") return { title: words[guide === "same" ? "same" : "restored"].againDone, body: guiding.device?.name ?? null };
      if (guide === "same") return { title: guiding.here ? words.same.again : words.same.againCode, body: words.same.againBody };
      return guiding.here
        ? { title: words.restored.again, body: words.restored.againBody }
        : { title: words.restored.againCode, body: words.restored.againCodeBody };
    case "add":
      if (state === "done") return { title: words.new.added, body: guiding.device?.number ?? guiding.device?.name ?? null };
      return {
        title: self.adding.numbers ? (self.adding.mayBeHere("phone") ? words.new.addThis : words.new.add) : words.new.added,
        body: self.adding.numbers ? words.new.addBody : words.new.addBodyPlain,
      };
    case "test": {
      const title = guide === "new" ? words.new.test : words.test;
      if (state === "done" && guiding.testedAt !== null) return { title, body: m.devices.test.approved(clockTime(guiding.testedAt)) };
      return { title, body: guide === "new" ? words.new.testBody : words.testBody };
    }
    case "remove": {
      if (state === "later") return { title: words.new.remove, body: words.new.removeLater };
      const old = guiding.picked(guiding.olds);
      return { title: words.new.remove, body: state === "now" && old !== null ? words.new.removeBody(old.number ?? old.name) : null };
    }
  }
}
