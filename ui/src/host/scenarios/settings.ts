/** Settings, activity, check-up and help. */
import { activityView, settingsView } from "../fake";
import type { CheckView } from "../generated/CheckView";
import { problem } from "../problem";
import { happened } from "./happened";
import { accounts, open } from "./made";
import type { Scenario } from "./made";

const check = (kind: CheckView["kind"], account_id: string | null = null): CheckView => ({ kind, account_id, number: null });

const all: CheckView[] = [
  check("older_copy"),
  check("needs_reactivating", "a2"),
  check("notifications_off"),
  { ...check("clock_wrong"), number: 240 },
  check("offline"),
  check("offline", "a1"),
  check("passphrase_only"),
  check("legacy_account", "a3"),
  { ...check("not_backed_up"), number: 3 },
  check("short_key", "a4"),
];

const withActivity = () => {
  const fake = open();
  fake.happened = happened();
  return fake;
};

function checked(checks: CheckView[]): Scenario {
  const fake = open({ check_up_count: checks.length });
  fake.can.notifications = "on";
  fake.checks = checks;
  return { host: fake, then: (app) => app.go({ to: "check-up" }) };
}

export const settings: Record<string, () => Scenario> = {
  settings: () => {
    const fake = open({ check_up_count: 2 });
    fake.can.notifications = "on";
    return { host: fake, then: (app) => app.go({ to: "settings" }) };
  },
  "settings-desktop": () => {
    const fake = open({
      unlock_with: "passphrase",
      trash: [{ account: accounts[3] as (typeof accounts)[number], days_left: 12 }],
      settings: settingsView({ hide_passcodes: true, ask_before_approving: true, lock_after: "five_minutes" }),
    });
    return { host: fake, then: (app) => app.go({ to: "settings" }) };
  },
  "settings-refused": () => {
    const fake = open();
    fake.failing.changeSettings = problem("not_stored");
    return {
      host: fake,
      then: (app) => {
        app.go({ to: "settings" });
        return app.options.change({ hide_passcodes: true });
      },
    };
  },
  "lock-after": () => ({
    host: open(),
    then: (app) => {
      app.go({ to: "settings" });
      app.go({ to: "lock-after" });
    },
  }),
  theme: () => ({
    host: open(),
    then: (app) => {
      app.go({ to: "settings" });
      app.go({ to: "theme" });
    },
  }),
  language: () => ({
    host: open(),
    then: (app) => {
      app.go({ to: "settings" });
      app.go({ to: "language" });
    },
  }),
  help: () => ({ host: open(), then: (app) => app.go({ to: "help" }) }),
  "current-pin": () => ({ host: open(), then: (app) => app.changeSecret() }),
  "current-pin-wrong": () => ({
    host: open(),
    then: async (app) => {
      app.changeSecret();
      if (app.route.to === "change-secret" && app.route.changing.step.at === "current")
        await app.route.changing.step.confirming.type("111111");
    },
  }),
  "new-pin": () => ({
    host: open(),
    then: async (app) => {
      app.changeSecret();
      if (app.route.to === "change-secret" && app.route.changing.step.at === "current")
        await app.route.changing.step.confirming.type("271828");
    },
  }),
  "current-passphrase": () => ({ host: open({ unlock_with: "passphrase" }), then: (app) => app.changeSecret() }),
  "secret-changed": () => ({
    host: open(),
    then: async (app) => {
      app.changeSecret();
      if (app.route.to !== "change-secret") return;
      const { changing } = app.route;
      if (changing.step.at === "current") await changing.step.confirming.type("271828");
      for (let time = 0; time < 2; time += 1) if (changing.step.at === "next") await changing.step.choosing.type("904417");
    },
  }),
  activity: () => ({ host: withActivity(), then: (app) => app.go({ to: "activity" }) }),
  "activity-long": () => {
    const fake = open();
    fake.happened = Array.from({ length: 120 }, (_, n) => activityView({ id: `n${n}`, at_ms: String(Date.now() - n * 3_600_000) }));
    return { host: fake, then: (app) => app.go({ to: "activity" }) };
  },
  "activity-empty": () => ({ host: open(), then: (app) => app.go({ to: "activity" }) }),
  "activity-trouble": () => {
    const fake = open();
    fake.failing.activity = problem("unforeseen");
    return { host: fake, then: (app) => app.go({ to: "activity" }) };
  },
  entry: () => ({
    host: withActivity(),
    then: async (app) => {
      app.go({ to: "activity" });
      await app.activity.load();
      app.go({ to: "entry", id: "n4" });
    },
  }),
  "entry-plain": () => ({
    host: withActivity(),
    then: async (app) => {
      app.go({ to: "activity" });
      await app.activity.load();
      app.go({ to: "entry", id: "n14" });
    },
  }),
  "check-up": () => checked([check("needs_reactivating", "a2"), check("legacy_account", "a3")]),
  "check-up-all": () => checked(all),
  "check-up-ok": () => checked([]),
};
