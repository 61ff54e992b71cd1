/** States to look at in `preview.html`, one per screen; never part of the app. */
import { add } from "./adding";
import { backups } from "./backups";
import { doors } from "./doors";
import { home } from "./home";
import type { Scenario } from "./made";
import { moves } from "./moving";
import { notices } from "./notices";
import { requests } from "./requests";
import { settings } from "./settings";
import { start } from "./start";
import { STOPPED } from "./stopped";
import { unimported } from "./unimported";

export const SCENARIOS: Record<string, () => Scenario> = {
  ...start,
  ...home,
  ...STOPPED,
  ...doors,
  ...add,
  ...requests,
  ...notices,
  ...settings,
  ...backups,
  ...moves,
  ...unimported,
};
