import { beforeEach, expect, test } from "vitest";
import { cardStanding } from "../host/portal-card";
import { FakePortal, sessionView } from "../host/portal-fake";
import { portalProblem } from "../host/portal-problem";
import { cardEnds, codesLeft } from "./carding.svelte";
import { Ticker } from "./clock.svelte";
import { SelfService } from "./selfservice.svelte";
import { TestClock } from "./testing";

const DAY = 24 * 60 * 60_000;

let portal: FakePortal;
let self: SelfService;

async function having(card = null as ReturnType<typeof cardStanding> | null) {
  portal = new FakePortal(sessionView({ card }));
  self = new SelfService({ portal, ticker: new Ticker(new TestClock()), host: "browser", pause: async () => undefined });
  await self.start();
  self.go({ to: "card" });
}

beforeEach(() => having());

test("the first card is made at once, and its codes are on the page", async () => {
  self.carding.begin();
  await expect.poll(() => self.carding.made?.codes.length).toBe(8);
  await expect.poll(() => self.carding.standing?.codes_left).toBe(8);
});

test("a new one is asked about before the one there is ends; one without codes is not", async () => {
  await having(cardStanding());
  self.carding.begin();
  expect(self.carding.asking).toBe("make");
  expect(portal.calls).not.toContain("makeCard");
  self.carding.close();
  expect(self.carding.asking).toBeNull();
  await having(cardStanding({ codes_left: 0 }));
  self.carding.begin();
  await expect.poll(() => self.carding.made).not.toBeNull();
});

test("whoever leaves the page leaves no codes on it, however they leave", async () => {
  const ways: (() => unknown)[] = [
    () => self.carding.have(),
    () => self.home(),
    () => self.go({ to: "lose" }),
    () => self.back(),
    () => self.signOut(),
    () => self.leave(),
  ];
  for (const way of ways) {
    await having();
    await self.carding.make();
    expect(self.carding.made).not.toBeNull();
    await way();
    expect(self.carding.made, String(way)).toBeNull();
  }
});

test("a card that comes after the page was left is shown to nobody", async () => {
  const making = self.carding.make();
  self.home();
  await making;
  expect(self.carding.made).toBeNull();
});

test("a proof is asked for where it is needed, and the card follows it", async () => {
  portal.refuse("makeCard", "proof_needed");
  const making = self.carding.make();
  await expect.poll(() => self.proving).not.toBeNull();
  self.proving?.toPasscode();
  self.proving?.type("482913");
  await making;
  expect(self.carding.made?.codes).toHaveLength(8);
});

test("a proof that is not given makes no card and says nothing", async () => {
  portal.refuse("makeCard", "proof_needed");
  const making = self.carding.make();
  await expect.poll(() => self.proving).not.toBeNull();
  self.proving?.cancel();
  await making;
  expect(self.carding).toMatchObject({ made: null, problem: null, busy: false });
});

test("what is refused is told, and nothing is shown", async () => {
  portal.refuse("makeCard", "proof_too_young");
  await self.carding.make();
  expect(self.carding).toMatchObject({ made: null, problem: { code: "proof_too_young" } });
});

test("a card that was stopped is gone from the page", async () => {
  await having(cardStanding());
  self.carding.ask("stop");
  await self.carding.stop();
  expect(self.carding).toMatchObject({ standing: null, asking: null });
});

test("two codes, none, or thirty days are told in time", () => {
  const now = Date.now();
  expect(cardEnds(cardStanding(), now)).toBeNull();
  expect(cardEnds(cardStanding({ codes_left: 3 }), now)).toBeNull();
  expect(cardEnds(cardStanding({ codes_left: 2 }), now)).toBe("few");
  expect(cardEnds(cardStanding({ codes_left: 0 }), now)).toBe("used_up");
  expect(cardEnds(cardStanding({ expires_at: now + 30 * DAY }), now)).toBe("soon");
  expect(cardEnds(cardStanding({ expires_at: now + 31 * DAY }), now)).toBeNull();
  expect(codesLeft(cardStanding({ expires_at: now }), now)).toBe(0);
});

/** The service does it, but nobody hears its answer. */
function loses(method: "makeCard" | "stopCard", then: () => void = () => undefined): void {
  const work = portal[method].bind(portal) as () => Promise<never>;
  portal[method] = async () => {
    await work();
    then();
    throw portalProblem("unreachable");
  };
}

test("a card whose codes did not arrive is told as one that was made", async () => {
  await having(cardStanding());
  loses("makeCard");
  await self.carding.make();
  expect(self.carding).toMatchObject({ made: null, problem: null, lost: "codes", standing: { codes_left: 8 } });
});

test("so is one that came after the page was left, until another is made or somebody else is there", async () => {
  await having(cardStanding());
  const making = self.carding.make();
  self.home();
  await making;
  expect(self.carding).toMatchObject({ made: null, lost: "codes", standing: { codes_left: 8 } });
  self.go({ to: "card" });
  expect(self.carding.lost).toBe("codes");
  await self.carding.make();
  expect([self.carding.made?.codes.length, self.carding.lost]).toEqual([8, null]);
  const again = self.carding.make();
  self.home();
  await again;
  await self.signOut();
  expect(self.carding.lost).toBeNull();
});

test("where the service cannot be asked nobody knows what came of it", async () => {
  await having(cardStanding());
  loses("makeCard", () => (portal.down = true));
  await self.carding.make();
  expect(self.carding).toMatchObject({ lost: "unknown", tried: "make", problem: { code: "unreachable" } });
});

test("a card that was not made is told as such, and so is one that was not stopped", async () => {
  await having(cardStanding());
  portal.refuse("makeCard", "unreachable");
  await self.carding.make();
  expect(self.carding).toMatchObject({ lost: null, tried: "make", problem: { code: "unreachable" } });
  portal.refuse("stopCard", "unreachable");
  await self.carding.stop();
  expect(self.carding).toMatchObject({ lost: null, tried: "stop", problem: { code: "unreachable" }, standing: { codes_left: 7 } });
});

test("a card whose stop was not answered is gone all the same", async () => {
  await having(cardStanding());
  loses("stopCard");
  await self.carding.stop();
  expect(self.carding).toMatchObject({ standing: null, problem: null, lost: null });
});

test("an answer for somebody who signed out meanwhile tells the next person nothing", async () => {
  await having(cardStanding());
  const making = self.carding.make();
  await self.signOut();
  await making;
  expect(self.carding).toMatchObject({ made: null, problem: null, lost: null, busy: false });
  expect(self.session).toBeNull();
});
