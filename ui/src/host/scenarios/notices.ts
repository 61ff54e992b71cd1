/** Changes of the person’s other devices, from the note on home to what came of the answer. */
import type { App } from "../../state/app.svelte";
import type { Noticing } from "../../state/noticing.svelte";
import { noticeView } from "../fake";
import type { FakeHost } from "../fake";
import type { NoticeView } from "../generated/NoticeView";
import { problem } from "../problem";
import { german, never, nothing, open } from "./made";
import type { Scenario } from "./made";

const told = (changes: Partial<NoticeView> = {}): NoticeView => noticeView({ at_ms: String(Date.now() - 120_000), ...changes });

/** The first notice is open, and something is said to it. */
function asked(changes: Partial<NoticeView>, act: (noticing: Noticing, app: App) => unknown, prepare: (fake: FakeHost) => void = nothing) {
  return (): Scenario => {
    const notice = told(changes);
    const fake = open({ notices: [notice] });
    prepare(fake);
    return {
      host: fake,
      then: (app) => {
        app.requests.openNotice(notice);
        if (app.route.to === "notice") return act(app.route.noticing, app);
        return undefined;
      },
    };
  };
}

const notMe = (noticing: Noticing) => noticing.notMe();

export const notices: Record<string, () => Scenario> = {
  "home-notice": () => ({ host: open({ notices: [told()] }) }),
  "home-notices": () => ({
    host: open({
      notices: [
        told(),
        told({ id: "w2", change: "removed", device: "iPhone 15" }),
        told({ id: "w3", change: "reactivated", device: "Ward tablet" }),
        told({ id: "w4", change: "added", device: "Landline" }),
      ],
    }),
  }),
  "home-notice-long": () => ({
    host: open({
      accounts: german,
      notices: [told({ device: "Diensttelefon Pflegedienstleitung Station 4B", organisation: german[0]?.issuer ?? "" })],
    }),
  }),
  notice: asked({}, nothing),
  "notice-reactivated": asked({ change: "reactivated", device: "iPhone 15" }, nothing),
  "notice-removed": asked({ change: "removed", device: "iPhone 15" }, nothing),
  "home-notice-passcode": () => ({ host: open({ notices: [told({ change: "passcode_used", device: "" })] }) }),
  "notice-suspended": asked({ change: "suspended", device: "iPhone 15" }, nothing),
  "notice-passcode-given": asked({ change: "passcode_given", device: "" }, nothing),
  "notice-passcode-used": asked({ change: "passcode_used", device: "" }, nothing),
  "notice-card-made": asked({ change: "card_made", device: "" }, nothing),
  "notice-card-used": asked({ change: "card_used", device: "" }, nothing),
  "notice-unlocked": asked({ change: "unlocked", device: "" }, nothing),
  "notice-long": asked({ device: "Diensttelefon Pflegedienstleitung Station 4B" }, nothing),
  "notice-stopping": asked(
    {},
    (noticing) => void noticing.notMe(),
    (fake) => (fake.answerNotice = () => never()),
  ),
  "notice-failed": asked({}, notMe, (fake) => (fake.failing = { answerNotice: problem("service_down") })),
  "notice-mine": asked({}, (noticing) => noticing.mine()),
  "notice-stopped": asked({}, notMe),
  "notice-stopped-reactivated": asked({ change: "reactivated", device: "iPhone 15" }, notMe),
  "notice-stopped-removed": asked({ change: "removed", device: "iPhone 15" }, notMe),
  "notice-stopped-card": asked({ change: "card_used", device: "" }, notMe),
  "notice-stopped-passcode": asked({ change: "passcode_given", device: "" }, notMe),
  "notice-gone": asked({}, notMe, (fake) => (fake.failing = { answerNotice: problem("request_gone") })),
};
