/** Accounts that stopped working on this phone, and what their service says of it. */
import { accountView } from "../fake";
import type { AccountView } from "../generated/AccountView";
import type { StopCause } from "../generated/StopCause";
import { hospital, mail, open } from "./made";
import type { Scenario } from "./made";

/** Yesterday, 14:10. */
function yesterday(): string {
  const at = new Date();
  at.setDate(at.getDate() - 1);
  at.setHours(14, 10, 0, 0);
  return String(at.getTime());
}

const stopped = (cause: StopCause, device: string | null = null): AccountView => ({
  ...hospital,
  state: "needs_reactivating",
  stopped: { cause, at_ms: cause === "disabled" || cause === "refused" ? null : yesterday(), device },
});

const account = (shown: AccountView) => (): Scenario => ({
  host: open({ accounts: [shown, mail] }),
  then: (app) => app.openAccount(shown.id),
});

export const STOPPED: Record<string, () => Scenario> = {
  "home-replaced": () => ({ host: open({ accounts: [stopped("replaced", "Amara’s iPhone"), mail] }) }),
  "home-two-copies": () => ({ host: open({ accounts: [stopped("copied"), mail] }) }),
  "home-disabled": () => ({
    host: open({ accounts: [stopped("disabled"), accountView({ ...stopped("refused"), id: "a2", title: "Marlowe Medical School" })] }),
  }),
  "account-replaced": account(stopped("replaced", "Amara’s iPhone")),
  "account-copied": account(stopped("copied")),
  "account-moved": account(stopped("moved")),
  "account-desk": account(stopped("desk")),
  "account-not-me": account(stopped("not_me")),
  "account-suspended": account(stopped("suspended")),
  "account-removed": account(stopped("removed")),
  "account-disabled": account(stopped("disabled")),
  "account-refused": account(stopped("refused")),
};
