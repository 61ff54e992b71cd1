/** The way into My Settings & Devices of somebody who has no account there yet. */
import { FakePortal, landline, ownDevice, sessionView, tablet } from "../portal-fake";
import { settled } from "../../state/testing";
import type { SelfService } from "../../state/selfservice.svelte";
import { hospital, open } from "./made";
import type { Scenario } from "./made";

const HOST = "devices.marlowe.example";
const LONG = "meine-einstellungen-und-geraete.universitaetsklinikum-hohenbrueck-niederlausitz.example";
const finding =
  (hosts: string[], typed: string | null = null) =>
  (): Scenario => {
    const fake = open({ accounts: [] });
    fake.hosts = hosts;
    return {
      host: fake,
      then: async (app) => {
        app.doors.open();
        await settled();
        if (typed === null) return;
        app.doors.finding?.another();
        app.doors.finding?.type(typed);
        await app.doors.finding?.read();
      },
    };
  };

const STALE = [ownDevice({ standing: "needs_reactivating", push: false, passcode: false, first: "push" }), tablet(), landline()];
/** Somebody who proved it, among their devices, and what they do there. */
const own =
  (then: (self: SelfService) => unknown = () => undefined, devices = STALE) =>
  (): Scenario => {
    const fake = open();
    fake.portal = new FakePortal(sessionView({ devices, this_device: "d1" }));
    return {
      host: fake,
      then: async (app) => {
        app.go({ to: "devices", door: app.doors.of(hospital) });
        await settled();
        await new Promise((done) => setTimeout(done, 50));
        if (app.doors.visit !== null) then(app.doors.visit);
      },
    };
  };

export const doors: Record<string, () => Scenario> = {
  "own-devices": own(),
  "own-device": own((self) => self.go({ to: "options", device: "d2" })),
  "own-device-remove": own((self) => {
    self.go({ to: "options", device: "d2" });
    self.managing.askRemoval("d2");
  }),
  "own-devices-desk-only": own(undefined, [ownDevice()]),
  "own-lose": own((self) => self.go({ to: "lose" })),
  "own-lose-only-device": own((self) => self.go({ to: "lose" }), [ownDevice()]),
  "own-lose-landline": own((self) => self.go({ to: "lose" }), [ownDevice(), landline()]),
  "find-hosts": finding([HOST, LONG]),
  "find-address": finding([]),
  "find-address-wrong": finding([], "ward seven"),
  "find-confirm": finding([], `https://${HOST}/sign-in`),
  "find-confirm-known": finding([HOST, LONG], LONG),
  "find-sign-in": () => {
    const fake = open({ accounts: [] });
    fake.hosts = [HOST];
    fake.portal = Object.assign(new FakePortal(null), { signedIn: sessionView({ stage: "prove", proven_until: null }) });
    return { host: fake, then: (app) => app.doors.open() };
  },
};
