/** What imports could not take. */
import type { FakeHost } from "../fake";
import { unimportedView } from "../fake";
import type { UnimportedView } from "../generated/UnimportedView";
import { open } from "./made";
import type { Scenario } from "./made";

const at_ms = () => String(Date.now() - 3_600_000);
const all = (): UnimportedView[] => [
  unimportedView({ at_ms: at_ms() }),
  unimportedView({
    id: "u2",
    issuer: "Conference registration",
    account: "amara.lindqvist@example.org",
    reason: "push_only",
    app: "microsoft",
    position: 6,
    at_ms: at_ms(),
    way: "again",
    settings: null,
  }),
  unimportedView({ id: "u3", issuer: "", account: "Cloakroom", reason: "kind", way: "again", position: 7, at_ms: at_ms(), settings: null }),
  unimportedView({ id: "u4", issuer: "", account: "", reason: "form", app: "links", position: 11, at_ms: at_ms(), settings: null }),
];

function kept(then?: Scenario["then"], entries = all()): () => Scenario {
  return () => {
    const host: FakeHost = open({ unimported: entries.length });
    host.entries = entries;
    return then === undefined ? { host } : { host, then };
  };
}

const entry = (at: number) =>
  kept(async (app) => {
    await app.unimported.open();
    const id = app.unimported.entries?.[at]?.id;
    if (id !== undefined) app.go({ to: "unimported-entry", id });
  });

export const unimported: Record<string, () => Scenario> = {
  "home-unimported": kept(),
  unimported: kept((app) => app.unimported.open()),
  "unimported-key": entry(0),
  "unimported-again": entry(1),
  "unimported-unnamed": entry(3),
  "unimported-dismissed": kept(async (app) => {
    await app.unimported.open();
    await app.unimported.dismiss(["u1", "u2", "u3", "u4"]);
  }),
  "unimported-fix": kept(async (app) => {
    await app.unimported.open();
    await app.unimported.fix(unimportedView({ settings: null }), "key");
  }),
  "key-steam": kept((app) => {
    const settings = { counter_based: false, digits: 5, period_seconds: 30, algorithm: "Sha1", steam: true } as const;
    return app.unimported.fix(unimportedView({ issuer: "Steam", settings }), "key");
  }),
  "import-none": kept(async (app, host) => {
    host.exported = {
      is: "found",
      draft: "d3",
      app: "microsoft",
      accounts: [],
      refused: [
        { position: 0, label: "Hospital, amara@example.org", reason: "push_only" },
        { position: 1, label: "Newer, sealed", reason: "no_key" },
      ],
      parts: 1,
      parts_of: 1,
    };
    const adding = app.add();
    adding.goTo("import");
    await adding.importing.readFile(new Blob(["file"]));
  }, []),
  "import-unkept": kept(async (app, host) => {
    host.unkept = 2;
    const adding = app.add();
    adding.importing.review({
      draft: "d3",
      app: "aegis",
      accounts: [],
      refused: [{ position: 0, label: "Old VPN", reason: "bad_key" }],
      parts: 1,
      parts_of: 1,
    });
    adding.step = { at: "import" };
    await adding.importing.add();
  }),
};
