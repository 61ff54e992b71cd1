/** The list of accounts and one account. */
import { accountView, settingsView } from "../fake";
import { problem } from "../problem";
import { accounts, german, hospital, mail, never, open, pharmacy, request, school, several } from "./made";
import type { Scenario } from "./made";
import { happened } from "./happened";

const gym = accountView({
  id: "a5",
  kind: "other",
  title: "Gym",
  issuer: "Gym",
  account: "",
  mark: { kind: "initials", text: "G" },
  push: false,
});
const steam = accountView({
  id: "a6",
  kind: "other",
  title: "Steam",
  issuer: "Steam",
  account: "amara_l",
  mark: { kind: "initials", text: "S" },
  push: false,
  steam: true,
});
const bank = accountView({
  id: "a7",
  kind: "other",
  title: "Credit union",
  issuer: "Credit union",
  account: "50 221 004",
  mark: { kind: "initials", text: "CU" },
  push: false,
  short_key: true,
});
const wild = accountView({
  id: "a8",
  kind: "other",
  title: "Research data portal of the Faculty of Tropical Medicine and Hygiene",
  issuer: "Research data portal",
  account: "amara.lindqvist.on-behalf-of.data-steward@tropical-medicine.marlowe.example",
  mark: { kind: "initials", text: "RD" },
  push: false,
});

/** Many accounts, each with its own passcode. */
export function many(count: number): () => Scenario {
  return () => {
    const list = Array.from({ length: count }, (_, at) =>
      accountView({
        ...mail,
        id: `m${at}`,
        title: `Service ${String(at + 1).padStart(5, "0")}`,
        issuer: `Service ${at + 1}`,
        account: `person${at + 1}@example.org`,
        mark: { kind: "initials", text: "S" },
      }),
    );
    const fake = open({ accounts: list });
    for (const { id } of list) {
      fake.codes[id] = { code: String(Number(id.slice(1)) * 7919 + 100_000).slice(0, 6), next: "216904", leftMs: 21_000 };
    }
    return { host: fake };
  };
}

const unusual = () => {
  const fake = open({ accounts: [steam, bank, gym, wild] });
  fake.codes = {
    a5: { code: "4829137", next: "6401275", leftMs: 51_000, period: 60 },
    a6: { code: "K7WQ3", next: "9TBFN", leftMs: 12_000 },
    a7: { code: "48291370", next: "64012755", leftMs: 3_900 },
    a8: { code: "118204", next: "902217", leftMs: 25_000 },
  };
  return fake;
};

const withActivity = (changes: Parameters<typeof open>[0] = {}) => {
  const fake = open(changes);
  fake.happened = happened();
  return fake;
};

const hidden = () => open({ accounts: [hospital, pharmacy, mail], settings: settingsView({ hide_passcodes: true }) });

export const home: Record<string, () => Scenario> = {
  home: () => ({ host: withActivity({ requests: [request()] }), then: (app) => app.requests.leaveAnswer() }),
  "home-quiet": () => ({ host: open({ accounts: [mail, hospital, pharmacy] }), then: (app) => app.passcodes.tap(pharmacy) }),
  "home-several": () => ({ host: open({ requests: several() }), then: (app) => app.goHome() }),
  "home-loading": () => {
    const fake = open({ accounts: [hospital, mail, accountView({ id: "a9", title: "Rota planner", account: "a.lindqvist" })] });
    fake.passcodes = never;
    return { host: fake };
  },
  "home-offline": () => ({ host: open({ connection: "offline", accounts: [hospital, pharmacy] }) }),
  "home-clock": () => ({ host: open({ clock: { seconds_fast: 240 }, accounts: [hospital, pharmacy] }) }),
  "home-notifications-off": () => {
    const fake = open();
    fake.can.notifications = "off";
    return { host: fake };
  },
  "home-copy": () => ({ host: open({ copy: "another" }), then: (app) => app.lookAtCopy() }),
  "home-empty": () => ({ host: open({ accounts: [] }) }),
  "home-trouble": () => {
    const fake = open();
    fake.failing.passcodes = problem("not_stored");
    return { host: fake };
  },
  "home-counted": () => ({ host: open({ accounts: [pharmacy, mail, hospital] }), then: (app) => app.passcodes.tap(pharmacy) }),
  "home-copied": () => ({
    host: open({ accounts: [hospital, mail] }),
    then: async (app) => {
      await new Promise((done) => requestAnimationFrame(done));
      await app.passcodes.tap(hospital);
    },
  }),
  "home-comparing": () => ({ host: open({ accounts: [{ ...hospital, state: "finishing", check: "482913" }, mail] }) }),
  "home-finishing": () => ({ host: open({ accounts: [{ ...hospital, state: "finishing" }, mail] }) }),
  "home-hidden": () => ({ host: hidden() }),
  "home-revealed": () => ({ host: hidden(), then: (app) => app.passcodes.tap(hospital) }),
  "home-unusual-codes": () => ({ host: unusual() }),
  "home-german": () => ({
    host: open({ accounts: german, requests: [request({ application: "Patientenaktenverwaltung" })] }),
    then: (app) => app.requests.leaveAnswer(),
  }),
  "home-removed": () => ({
    host: open(),
    then: async (app) => {
      app.removal.ask(mail);
      await app.remove();
    },
  }),
  "home-long": many(10_000),
  search: () => ({ host: open(), then: (app) => void (app.search.words = "radiology") }),
  "search-found": () => ({ host: open(), then: (app) => void (app.search.words = "marlowe") }),
  account: () => ({ host: withActivity(), then: (app) => app.openAccount("a1") }),
  "account-loading": () => {
    const fake = withActivity();
    const answers = fake.activity.bind(fake);
    fake.activity = async () => {
      await new Promise((done) => setTimeout(done, 1_500));
      return answers();
    };
    return { host: fake, then: (app) => app.openAccount("a1") };
  },
  "account-counted": () => ({ host: open(), then: (app) => app.openAccount("a3") }),
  "account-hidden": () => ({ host: hidden(), then: (app) => app.openAccount("a1") }),
  "account-last-seconds": () => ({ host: open(), then: (app) => app.openAccount("a4") }),
  "account-reactivate": () => ({ host: open(), then: (app) => app.openAccount("a2") }),
  "account-unusual": () => ({ host: unusual(), then: (app) => app.openAccount("a8") }),
  "account-eight-digits": () => ({ host: unusual(), then: (app) => app.openAccount("a7") }),
  rename: () => ({
    host: open({ accounts: [{ ...hospital, title: "Hospital" }] }),
    then: (app) => app.startRename({ ...hospital, title: "Hospital" }),
  }),
  "rename-empty": () => ({ host: open(), then: (app) => app.startRename({ ...hospital, title: "" }) }),
  remove: () => ({
    host: open(),
    then: (app) => {
      app.openAccount("a4");
      app.removal.ask(mail);
    },
  }),
  "remove-refused": () => {
    const fake = open();
    fake.failing.remove = problem("not_stored");
    return {
      host: fake,
      then: async (app) => {
        app.openAccount("a4");
        app.removal.ask(mail);
        await app.remove();
      },
    };
  },
  order: () => ({ host: open(), then: (app) => app.openOrder() }),
  removed: () => ({
    host: open({
      accounts: [hospital],
      trash: [
        { account: mail, days_left: 29 },
        { account: school, days_left: 0 },
      ],
    }),
    then: (app) => app.go({ to: "removed" }),
  }),
  "removed-empty": () => ({ host: open(), then: (app) => app.go({ to: "removed" }) }),
  "removed-for-good": () => ({
    host: open({ accounts, trash: [{ account: gym, days_left: 3 }] }),
    then: (app) => {
      app.go({ to: "removed" });
      app.removal.ask(gym, true);
    },
  }),
};
