import { afterEach, expect, test } from "vitest";
import { FakePortal, sessionView, siteView } from "../host/portal-fake";
import type { RecognisedView } from "../host/generated/self-service/RecognisedView";
import { Ticker } from "./clock.svelte";
import { SelfService } from "./selfservice.svelte";
import { TestClock } from "./testing";

const clock = new TestClock();
const AMARA: RecognisedView = { state: "known", name: "Amara Lindqvist", account: "a.lindqvist" };
const never = () => new Promise<never>(() => undefined);

let self: SelfService;
afterEach(() => self.stop());

/** Nobody is signed in on the page; on the computer it is as `computer` tells. */
async function page(
  computer: RecognisedView,
  {
    pause = never,
    prepare = () => undefined,
    asked = true,
  }: { pause?: () => Promise<void>; prepare?: (portal: FakePortal) => void; asked?: boolean } = {},
): Promise<FakePortal> {
  const portal = new FakePortal(null);
  const times = { idle_at: clock.wall() + 15 * 60_000, ends_at: clock.wall() + 8 * 3_600_000 };
  portal.signedIn = sessionView({ stage: "prove", proven_until: null, ...times });
  portal.siteView = siteView({ recognises: asked });
  portal.computer = computer;
  prepare(portal);
  self = new SelfService({ portal, ticker: new Ticker(clock), host: "browser", pause });
  await self.start();
  return portal;
}

test("whoever is signed in on the computer is shown, and signed in only by a press", async () => {
  const portal = await page(AMARA);
  expect([self.recognising.somebody?.name, self.session, portal.calls.includes("continueAs")]).toEqual(["Amara Lindqvist", null, false]);
  await self.recognising.goOn();
  expect([self.session?.person.account, self.recognising.somebody]).toEqual(["a.lindqvist", null]);
});

test("somebody else is not asked about again while they type", async () => {
  const portal = await page(AMARA);
  self.recognising.someoneElse();
  await self.recognising.look();
  expect([self.recognising.somebody, self.recognising.whyNot]).toEqual([null, null]);
  expect(portal.calls.filter((call) => call === "recognised")).toHaveLength(1);
});

test("the computer is asked only where the site says so, and only where nobody is signed in", async () => {
  const portal = await page(AMARA, { asked: false });
  expect(portal.calls).not.toContain("recognised");
  portal.siteView = siteView({ recognises: true });
  portal.view = sessionView();
  self = new SelfService({ portal, ticker: new Ticker(clock), host: "browser" });
  await self.start();
  expect(portal.calls).not.toContain("recognised");
});

test("each reason has its word, and a computer that says nothing has one too", async () => {
  for (const why of ["shared", "unknown", "unproven", "unavailable"] as const) {
    await page({ state: "not", why });
    expect([self.recognising.whyNot, self.recognising.somebody]).toEqual([why, null]);
    self.stop();
  }
  await page({ state: "not", why: "not_offered" });
  expect(self.recognising.whyNot).toBeNull();
  self.stop();
  await page(AMARA, { prepare: (portal) => portal.refuse("recognised", "not_recognised") });
  expect([self.recognising.whyNot, self.starting]).toEqual(["untold", false]);
});

test("a computer that takes long is not waited for, and changes nothing later", async () => {
  let answer: (view: RecognisedView) => void = () => undefined;
  await page(AMARA, {
    pause: () => Promise.resolve(),
    prepare: (portal) => (portal.recognised = () => new Promise((done) => (answer = done))),
  });
  expect([self.starting, self.recognising.whyNot]).toEqual([false, "untold"]);
  answer(AMARA);
  await Promise.resolve();
  expect(self.recognising.somebody).toBeNull();
});

test("where the computer is somebody else’s by now, that person is shown and nobody is signed in", async () => {
  const portal = await page(AMARA);
  portal.computer = { state: "known", name: "Ben Okafor", account: "b.okafor" };
  await self.recognising.goOn();
  expect([self.session, self.recognising.somebody?.account]).toEqual([null, "b.okafor"]);
});

test("a refusal that comes again leads to the form, not round in a circle", async () => {
  const portal = await page(AMARA, { prepare: (made) => made.refuse("continueAs", "not_recognised") });
  await self.recognising.goOn();
  expect([self.recognising.somebody, self.recognising.whyNot]).toEqual([null, "unproven"]);
  expect(portal.calls.filter((call) => call === "continueAs")).toHaveLength(1);
});

test("a service that is away says so, and the button stays", async () => {
  await page(AMARA, { prepare: (portal) => portal.refuse("continueAs", "unreachable") });
  await self.recognising.goOn();
  expect([self.refused?.code, self.recognising.somebody?.account]).toEqual(["unreachable", "a.lindqvist"]);
});

test("ph12 whoever types their password at a shared computer has a short session", async () => {
  const given: boolean[] = [];
  await page(
    { state: "not", why: "shared" },
    {
      prepare: (portal) => {
        const { signIn } = portal;
        portal.signIn = (username, password, shared) => {
          given.push(shared);
          return signIn(username, password, shared);
        };
      },
    },
  );
  await self.signIn("a.lindqvist", "right");
  expect(given).toEqual([true]);
});
