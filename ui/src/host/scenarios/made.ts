/** The invented people, hospitals and requests that the scenarios share. */
import type { App } from "../../state/app.svelte";
import { FakeHost, accountView, openView, requestView } from "../fake";
import type { OpenView } from "../fake";
import type { AccountView } from "../generated/AccountView";
import type { AppView } from "../generated/AppView";
import type { RequestView } from "../generated/RequestView";

export interface Scenario {
  host: FakeHost;
  /** Brings the window to the screen, as a person would. */
  then?: (app: App, host: FakeHost) => unknown;
}

const EMBLEM =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#17504C"/><path d="M8 30V17.5a6 6 0 0 1 12 0V30M20 30V17.5a6 6 0 0 1 12 0V30" fill="none" stroke="#fff" stroke-width="3.6"/></svg>',
  );

export const hospital = accountView({ mark: { kind: "logo", data_url: EMBLEM } });
export const school = accountView({
  id: "a2",
  title: "Marlowe Medical School",
  issuer: "Marlowe Medical School",
  account: "al2207",
  mark: { kind: "initials", text: "MS" },
  state: "needs_reactivating",
});
export const pharmacy = accountView({
  id: "a3",
  title: "Pharmacy cabinet 3",
  issuer: "Pharmacy cabinet 3",
  account: "lindqvist.a",
  mark: { kind: "initials", text: "PC" },
  counter_based: true,
  legacy: true,
});
export const mail = accountView({
  id: "a4",
  kind: "other",
  title: "Personal mail",
  issuer: "Example Mail",
  account: "amara.lindqvist@example.org",
  mark: { kind: "initials", text: "P" },
  host: null,
  push: false,
});
export const accounts = [hospital, school, pharmacy, mail];

/** Long names, as German hospitals have them. */
export const german = [
  accountView({
    title: "Universitätsklinikum Hohenbrück-Niederlausitz",
    issuer: "Universitätsklinikum Hohenbrück-Niederlausitz",
    account: "wilhelmine.oberhauser-freudenberg@uk-hohenbrueck.example",
    mark: { kind: "logo", data_url: EMBLEM },
  }),
  accountView({ ...school, title: "Fachkrankenhaus für Rehabilitationsmedizin", account: "w.oberhauser" }),
];

export const request = (changes: Partial<RequestView> = {}): RequestView =>
  requestView({ created_at_ms: String(Date.now() - 3_000), left_ms: 47_000, ...changes });

export const several = (): RequestView[] => [
  request(),
  request({ id: "r2", application: "Rota planner", left_ms: 39_000, created_at_ms: String(Date.now() - 20_000) }),
  request({ id: "r3", application: "Webmail", place: "Rotterdam, Netherlands", unusual: true, left_ms: 12_000 }),
];

export function host(view: AppView): FakeHost {
  const made = new FakeHost(view);
  made.can.camera = true;
  made.codes = {
    a1: { code: "482913", next: "640127", leftMs: 18_000 },
    a4: { code: "073558", next: "216904", leftMs: 4_900 },
  };
  return made;
}

export const open = (changes: Partial<OpenView> = {}): FakeHost => host(openView({ accounts, ...changes }));

export const nothing = (): undefined => undefined;
/** What a host that does not answer gives. */
export const never = <T>(): Promise<T> => new Promise<T>(nothing);

export type List = AccountView[];
