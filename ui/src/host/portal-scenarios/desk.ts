/** The help desk's pages. */
import type { SelfService } from "../../state/selfservice.svelte";
import { deskUser } from "../portal-people";
import type { FakePortal } from "../portal-fake";
import { at, begun } from "./made";
import type { PortalScenario } from "./made";

const operator = { person: { name: "Ines Duarte", account: "i.duarte", operator: true } };
const people = (portal: FakePortal) => {
  portal.people = [
    deskUser(),
    deskUser({ id: "p2", name: "Ines Duarte", account: "i.duarte", locked: false }),
    deskUser({
      id: "p3",
      name: "Almut Kessler-Brandt",
      account: "a.kessler-brandt",
      disabled: true,
      locked: false,
      devices: [],
      events: [],
    }),
    deskUser({ id: "p4", name: "Abel Okafor", account: "a.okafor", locked: false, devices: [], events: [] }),
  ];
};
const REASON = "Phone lost on the night train, staff card seen";

const find = (name: string) => async (self: SelfService) => {
  self.desk.typed = name;
  await self.desk.find();
};
const person = (then: PortalScenario["then"] = () => undefined, id = "p1", prepare: (portal: FakePortal) => void = () => undefined) =>
  at(
    { to: "desk-person", person: id },
    async (self, portal) => {
      await begun();
      await then(self, portal);
    },
    operator,
    (portal) => {
      people(portal);
      prepare(portal);
    },
  );

export const desk: Record<string, () => PortalScenario> = {
  desk: at({ to: "desk" }, undefined, operator, people),
  "desk-found": at({ to: "desk" }, find("a."), operator, people),
  "desk-nobody": at({ to: "desk" }, find("zz"), operator, people),
  "desk-unreachable": at({ to: "desk" }, find("a."), operator, (portal) => portal.refuse("deskFind", "unreachable")),
  "desk-person": person(),
  "desk-person-empty": person(undefined, "p3"),
  "desk-own": person(undefined, "p2"),
  "desk-gone": person(undefined, "p9"),
  "desk-reason": person((self) => self.desk.ask({ do: "bypass" })),
  "desk-reason-missing": person(async (self) => {
    self.desk.ask({ do: "bypass" });
    self.desk.reason = "abc";
    await self.desk.act();
  }),
  "desk-too-many": person(
    async (self) => {
      self.desk.ask({ do: "bypass" });
      self.desk.reason = REASON;
      await self.desk.act();
    },
    "p1",
    (portal) => portal.refuse("deskBypass", "too_many", { until: Date.now() + 3_600_000 }),
  ),
  "desk-code": person(async (self) => {
    self.desk.ask({ do: "bypass" });
    self.desk.reason = REASON;
    await self.desk.act();
  }),
  "desk-suspend": person((self) => {
    self.desk.ask({ do: "suspend", device: "d1" });
    self.desk.reason = REASON;
  }),
  "desk-release": person((self) => self.desk.ask({ do: "release" }), "p4"),
  "desk-released": person(async (self) => {
    self.desk.ask({ do: "release" });
    self.desk.reason = REASON;
    await self.desk.act();
  }, "p4"),
  "desk-unlocked": person(async (self) => {
    self.desk.ask({ do: "unlock" });
    self.desk.reason = REASON;
    await self.desk.act();
  }),
};
