/** People as an operator sees them, for tests and for looking at the help desk's pages. */
import type { DeskUser } from "./generated/self-service/DeskUser";
import { cardStanding } from "./portal-card";
import { landline, ownDevice } from "./portal-fake";

const MINUTE = 60_000;

const told = (minutesAgo: number, action: string, result = "done", source = "10.20.4.17") => ({
  at: Date.now() - minutesAgo * MINUTE,
  action,
  result,
  source,
});

export const deskUser = (changes: Partial<DeskUser> = {}): DeskUser => ({
  id: "p1",
  name: "Amara Lindqvist",
  account: "a.lindqvist",
  disabled: false,
  locked: true,
  released_until: null,
  card: cardStanding(),
  devices: [ownDevice(), landline()].map(({ id, name, standing, last_used_at }) => ({ id, name, standing, last_used_at })),
  events: [
    told(3, "passcode.check", "wrong"),
    told(5, "self_service.sign_in"),
    told(9, "request.expire"),
    told(10, "request.ask"),
    told(26 * 60, "request.approve"),
    told(50 * 60, "device.reactivate"),
    told(51 * 60, "directory.read", "done", ""),
  ],
  ...changes,
});
