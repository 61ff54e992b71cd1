/** First run, lock, and files that cannot be opened. */
import { accountView, firstView, lockedView, openView } from "../fake";
import { problem } from "../problem";
import { host, never } from "./made";
import type { Scenario } from "./made";

const path = "/home/a.lindqvist/.local/share/countersign/vault.db";
const asked = (button: string) => () => {
  const found = [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === button);
  found?.click();
};

export const start: Record<string, () => Scenario> = {
  first: () => ({ host: host(firstView()) }),
  "choose-pin": () => ({
    host: host(firstView()),
    then: (app) => {
      app.begin("scan");
      return app.setup?.choosing.type("123456");
    },
  }),
  "repeat-pin": () => ({
    host: host(firstView()),
    then: async (app) => {
      app.begin("scan");
      await app.setup?.choosing.type("271828");
      await app.setup?.choosing.type("27");
    },
  }),
  "choose-passphrase": () => ({ host: host(firstView({ unlock_with: "passphrase" })), then: (app) => app.begin("scan") }),
  "choose-passphrase-good": () => ({
    host: host(firstView({ unlock_with: "passphrase" })),
    then: (app) => {
      app.begin("scan");
      return app.setup?.choosing.type("tidal orchard lamp seven");
    },
  }),
  "choose-passphrase-weak": () => ({
    host: host(firstView({ unlock_with: "passphrase" })),
    then: async (app) => {
      app.begin("scan");
      await app.setup?.choosing.type("tidal");
      await app.setup?.choosing.submit();
    },
  }),
  "repeat-passphrase-different": () => ({
    host: host(firstView({ unlock_with: "passphrase" })),
    then: async (app) => {
      app.begin("scan");
      for (const words of ["tidal orchard lamp seven", "tidal orchard lamp sevn"]) {
        await app.setup?.choosing.type(words);
        await app.setup?.choosing.submit();
      }
    },
  }),
  "lock-empty": () => ({ host: host(lockedView()) }),
  lock: () => ({ host: host(lockedView()), then: (app) => app.lock.type("271") }),
  "lock-wrong": () => {
    const fake = host(lockedView());
    fake.triesLeft = 3;
    return { host: fake, then: (app) => app.lock.type("111111") };
  },
  unlocking: () => {
    const fake = host(lockedView());
    fake.unlock = never;
    return { host: fake, then: (app) => void app.lock.type("271828") };
  },
  "lock-no-safe": () => {
    const fake = host(lockedView());
    fake.failing.unlock = problem("keystore_unavailable");
    return { host: fake, then: (app) => app.lock.type("271828") };
  },
  wait: () => ({ host: host(lockedView({ wait_seconds: 48 })) }),
  passphrase: () => ({ host: host(lockedView({ unlock_with: "passphrase" })) }),
  "passphrase-wrong": () => ({
    host: host(lockedView({ unlock_with: "passphrase" })),
    then: async (app) => {
      await app.lock.type("tidal orchard lamp sevn");
      await app.lock.submit();
    },
  }),
  forgotten: () => ({ host: host(lockedView()), then: (app) => void (app.lock.forgotten = true) }),
  stopped: () => ({ host: host(lockedView({ stopped: true })) }),
  "start-again": () => ({ host: host(lockedView({ stopped: true })), then: asked("Start again") }),
  damaged: () => ({ host: host({ at: "faulty", fault: "damaged", path }) }),
  "not-a-vault": () => ({ host: host({ at: "faulty", fault: "not_a_vault", path }) }),
  "too-new": () => ({ host: host({ at: "faulty", fault: "too_new", path }) }),
  reinstalled: () => ({ host: host(firstView({ reinstalled: true })) }),
  "from-elsewhere": () => ({ host: host({ at: "elsewhere", path }) }),
  "another-copy": () => ({ host: host(openView({ copy: "another", accounts: [accountView()] })) }),
  "older-copy": () => ({ host: host(openView({ copy: "older", accounts: [accountView()] })) }),
  unreadable: () => ({ host: host({ at: "faulty", fault: "unreadable", path }) }),
  "in-use": () => ({ host: host({ at: "faulty", fault: "in_use", path }) }),
  "cannot-be-asked": () => {
    const fake = host(lockedView());
    fake.failing.view = problem("unforeseen");
    return { host: fake };
  },
};
