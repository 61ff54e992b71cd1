import { describe, expect, test } from "vitest";
import { FakePortal, sessionView } from "../host/portal-fake";
import { deskUser } from "../host/portal-people";
import { SelfService } from "./selfservice.svelte";
import { TestClock, settled } from "./testing";
import { Ticker } from "./clock.svelte";

const REASON = "Phone lost, staff card seen";

async function opened(prepare: (portal: FakePortal) => void = () => undefined) {
  const operator = { name: "Ines Duarte", account: "i.duarte", operator: true };
  const portal = new FakePortal(sessionView({ person: operator, idle_at: Date.UTC(2027, 0), ends_at: Date.UTC(2027, 0) }));
  portal.people = [
    deskUser(),
    deskUser({ id: "p2", name: "Ines Duarte", account: "i.duarte" }),
    deskUser({ id: "p3", name: "Ana", account: "a.other" }),
    deskUser({ id: "p4", name: "Abel", account: "b.okafor", devices: [] }),
  ];
  prepare(portal);
  const clock = new TestClock();
  const self = new SelfService({ portal, ticker: new Ticker(clock), host: "browser", pause: async () => undefined });
  await self.start();
  self.go({ to: "desk" });
  return { portal, clock, self, desk: self.desk };
}

async function atPerson(prepare?: (portal: FakePortal) => void) {
  const all = await opened(prepare);
  all.self.go({ to: "desk-person", person: "p1" });
  await settled();
  return all;
}

describe("finding", () => {
  test("asks for accounts that begin as was typed, without the spaces around", async () => {
    const { desk } = await opened();
    desk.typed = "  a. ";
    await desk.find();
    expect(desk.found?.people.map(({ id }) => id)).toEqual(["p1", "p3"]);
    expect(desk.found?.name).toBe("a.");
  });

  test("asks for nothing where nothing was typed", async () => {
    const { desk, portal } = await opened();
    desk.typed = "  ";
    await desk.find();
    expect(portal.calls).not.toContain("deskFind");
  });

  test("a refusal is said, and goes with the next answer", async () => {
    const { desk, portal } = await opened((it) => it.refuse("deskFind", "unreachable"));
    desk.typed = "a";
    await desk.find();
    expect(desk.problem?.code).toBe("unreachable");
    await desk.find();
    expect(desk.problem).toBeNull();
    expect(portal.calls.filter((each) => each === "deskFind")).toHaveLength(2);
  });
});

describe("a person", () => {
  test("comes with what happened as soon as the page is there", async () => {
    const { desk } = await atPerson();
    expect(desk.person?.events.length).toBeGreaterThan(0);
    expect(desk.loading).toBe(false);
  });

  test("who is gone is said, and nobody else is shown", async () => {
    const { desk, self } = await opened();
    self.go({ to: "desk-person", person: "p9" });
    await settled();
    expect(desk.person).toBeNull();
    expect(desk.problem?.code).toBe("not_found");
  });

  test("an answer about somebody else comes too late", async () => {
    const { desk, self } = await opened();
    self.go({ to: "desk-person", person: "p1" });
    self.swap({ to: "desk-person", person: "p3" });
    await settled();
    expect(desk.person?.id).toBe("p3");
  });

  test("one's own account is known by its name", async () => {
    const { desk, self } = await opened();
    self.go({ to: "desk-person", person: "p2" });
    await settled();
    expect(desk.own).toBe(true);
  });
});

describe("an act", () => {
  test("is not even asked for without a reason", async () => {
    const { desk, portal } = await atPerson();
    desk.ask({ do: "bypass" });
    desk.reason = " abc  ";
    await desk.act();
    expect(desk.refused?.code).toBe("reason_needed");
    expect(portal.calls).not.toContain("deskBypass");
  });

  test("gives a code that is there once: closing it, leaving or signing out takes it away", async () => {
    for (const away of [
      (all: Awaited<ReturnType<typeof atPerson>>) => all.desk.close(),
      (all: Awaited<ReturnType<typeof atPerson>>) => all.self.back(),
      (all: Awaited<ReturnType<typeof atPerson>>) => void all.self.signOut(),
    ]) {
      const all = await atPerson();
      all.desk.ask({ do: "bypass" });
      all.desk.reason = REASON;
      await all.desk.act();
      expect(all.desk.given?.code).toMatch(/^\d{9}$/);
      away(all);
      await settled();
      expect(all.desk.given).toBeNull();
      expect(all.desk.reason).toBe("");
    }
  });

  test("that needs a proof is done after it, with the reason that was typed", async () => {
    const { desk, self, portal } = await atPerson((it) => it.refuse("deskUnlock", "proof_needed"));
    desk.ask({ do: "unlock" });
    desk.reason = REASON;
    const acted = desk.act();
    await settled();
    expect(self.proving).not.toBeNull();
    self.proving?.toPasscode();
    self.proving?.type(portal.passcode);
    await acted;
    expect(desk.person?.locked).toBe(false);
    expect(desk.asking).toBeNull();
    expect(desk.done).toEqual({ do: "unlock" });
  });

  test("is still asked about where no proof was given", async () => {
    const { desk, self } = await atPerson((it) => it.refuse("deskUnlock", "proof_needed"));
    desk.ask({ do: "unlock" });
    desk.reason = REASON;
    const acted = desk.act();
    await settled();
    self.proving?.cancel();
    await acted;
    expect(desk.asking).toEqual({ do: "unlock" });
    expect(desk.reason).toBe(REASON);
    expect(desk.refused).toBeNull();
    expect(desk.person?.locked).toBe(true);
  });

  test("lets somebody without a device that works add one, and nobody else", async () => {
    const { desk, self } = await atPerson();
    expect(desk.releasable).toBe(false);
    self.swap({ to: "desk-person", person: "p4" });
    await settled();
    expect(desk.releasable).toBe(true);
    desk.ask({ do: "release" });
    desk.reason = REASON;
    await desk.act();
    expect(desk.person?.released_until).toBeGreaterThan(Date.now());
    expect(desk.done).toEqual({ do: "release" });
  });

  test("suspends the one device", async () => {
    const { desk } = await atPerson();
    desk.ask({ do: "suspend", device: "d1" });
    desk.reason = REASON;
    await desk.act();
    expect(desk.person?.devices.map(({ id, standing }) => [id, standing])).toEqual([
      ["d1", "needs_reactivating"],
      ["d3", "calls_only"],
    ]);
  });

  test("that is refused says why and stays with its reason", async () => {
    const { desk } = await atPerson((it) => it.refuse("deskBypass", "too_many", { until: Date.UTC(2026, 0, 6) }));
    desk.ask({ do: "bypass" });
    desk.reason = REASON;
    await desk.act();
    expect(desk.refused?.code).toBe("too_many");
    expect(desk.given).toBeNull();
    expect(desk.reason).toBe(REASON);
  });
});
