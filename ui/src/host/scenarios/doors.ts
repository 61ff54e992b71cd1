/** The way into My Settings & Devices of somebody who has no account there yet. */
import { FakePortal, sessionView } from "../portal-fake";
import { settled } from "../../state/testing";
import { open } from "./made";
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

export const doors: Record<string, () => Scenario> = {
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
