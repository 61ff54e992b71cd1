/** If a device were lost: on the list of devices, and on the page that says what would help. */
import type { OwnDevice } from "../generated/self-service/OwnDevice";
import { landline, ownDevice, sessionView, siteView, tablet } from "../portal-fake";
import type { FakePortal } from "../portal-fake";
import type { Place } from "../../state/place";
import { at } from "./made";
import type { PortalScenario } from "./made";

const ROOT: Place = { to: "devices" };
const LOSE: Place = { to: "lose" };
const stale = { standing: "needs_reactivating" as const, push: false, passcode: false };
const spare = (changes: Partial<OwnDevice> = {}) =>
  ownDevice({ id: "d4", name: "Spare phone", number: "+44 ••••• ••0386", default: false, ...changes });

/** The app is on the default phone; a browser knows no device of its own. From the list, so that there is a way back. */
const having = (start: Place, devices: OwnDevice[], prepare?: (portal: FakePortal) => void) =>
  at(
    ROOT,
    (self) => {
      if (self.host === "app") self.show(sessionView({ devices, this_device: "d1" }));
      if (start !== ROOT) self.go(start);
    },
    { devices },
    prepare,
  );

const silentSite = (portal: FakePortal) => void (portal.siteView = siteView({ calls: false, texts: false, service_desk: null }));

export const lose: Record<string, () => PortalScenario> = {
  "devices-desk-only": having(ROOT, [ownDevice()]),
  "devices-safe-by-call": having(ROOT, [ownDevice(), landline()]),
  "lose-safe": having(LOSE, [ownDevice(), tablet(), landline()]),
  "lose-only-device": having(LOSE, [ownDevice()]),
  "lose-desk-only": having(LOSE, [ownDevice(), tablet(stale)]),
  "lose-landline": having(LOSE, [ownDevice(), landline()]),
  "lose-no-calls": having(LOSE, [ownDevice(), landline({ call: false })], silentSite),
  "lose-other": having({ to: "lose", device: "d2" }, [ownDevice(), tablet(), spare({ standing: "silent" })]),
};
