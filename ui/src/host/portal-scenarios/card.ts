/** The recovery card: none yet, one there is, one that was just made, and a code of it that is typed. */
import type { CardStanding } from "../generated/self-service/CardStanding";
import { cardStanding } from "../portal-card";
import { portalProblem } from "../portal-problem";
import { ownDevice, sessionView } from "../portal-fake";
import type { FakePortal } from "../portal-fake";
import type { Place } from "../../state/place";
import { at, begun } from "./made";
import type { PortalScenario } from "./made";

const ROOT: Place = { to: "devices" };
const DAY = 24 * 60 * 60_000;

/** On the card's page, come to from the list. */
const having = (card: CardStanding | null, then: PortalScenario["then"] = () => undefined, prepare?: (portal: FakePortal) => void) =>
  at(
    ROOT,
    async (self, portal) => {
      self.go({ to: "card" });
      await then(self, portal);
    },
    { card },
    prepare,
  );

export const card: Record<string, () => PortalScenario> = {
  "devices-card": at(ROOT, undefined, { devices: [ownDevice()], card: cardStanding() }),
  "devices-card-few": at(ROOT, undefined, { devices: [ownDevice()], card: cardStanding({ codes_left: 2 }) }),
  "card-none": having(null),
  card: having(cardStanding()),
  "card-few": having(cardStanding({ codes_left: 1 })),
  "card-used-up": having(cardStanding({ codes_left: 0 })),
  "card-ends": having(cardStanding({ expires_at: Date.now() + 12 * DAY })),
  "card-make": having(cardStanding(), (self) => self.carding.begin()),
  "card-stop": having(cardStanding(), (self) => self.carding.ask("stop")),
  "card-shown": having(null, (self) => self.carding.make()),
  "card-young": having(
    null,
    (self) => self.carding.make(),
    (portal) => portal.refuse("makeCard", "proof_too_young"),
  ),
  "card-lost": having(
    cardStanding(),
    (self) => self.carding.make(),
    (portal) => {
      const { makeCard } = portal;
      portal.makeCard = async () => {
        await makeCard();
        throw portalProblem("unreachable");
      };
    },
  ),
  "card-not-stopped": having(
    cardStanding(),
    (self) => self.carding.stop(),
    (portal) => portal.refuse("stopCard", "unreachable"),
  ),
  "card-by-code": having(
    null,
    (self) => self.carding.make(),
    (portal) => portal.refuse("makeCard", "device_needed"),
  ),
  "lose-card": at(ROOT, (self) => self.go({ to: "lose" }), { devices: [ownDevice()], card: cardStanding() }),
  "card-code": at(ROOT, (self) => self.proving?.toCard(), { ...sessionView({ stage: "prove", proven_until: null }) }),
  "card-code-wrong": at(
    ROOT,
    async (self, portal) => {
      self.proving?.toCard();
      self.proving?.type("519 304 728");
      portal.refuse("prove", "wrong_passcode");
      await self.proving?.submit();
      await begun();
    },
    { ...sessionView({ stage: "prove", proven_until: null }) },
  ),
};
