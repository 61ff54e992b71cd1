/** How entries that could not be imported are named. */
import type { ImportApp } from "../../host/generated/ImportApp";
import type { UnimportedView } from "../../host/generated/UnimportedView";
import { m } from "../../messages";

/** Names are the same in every language. */
const NAMES: Record<Exclude<ImportApp, "links" | "steam">, string> = {
  google: "Google Authenticator",
  google_database: "Google Authenticator",
  microsoft: "Microsoft Authenticator",
  aegis: "Aegis",
  two_fas: "2FAS",
  proton: "Proton Authenticator",
  bitwarden: "Bitwarden",
  andotp: "andOTP",
  freeotp: "FreeOTP",
  freeotp_plus: "FreeOTP+",
  raivo: "Raivo OTP",
  stratum: "Stratum",
  lastpass: "LastPass Authenticator",
  duo: "Duo Mobile",
  two_fauth: "2FAuth",
  totp_authenticator: "TOTP Authenticator",
};

export function appName(app: ImportApp): string {
  return app === "links" || app === "steam" ? m.unimported[app] : NAMES[app];
}

/** Whose account it is, else whose name is in it; empty where nothing says so. */
export const nameOf = ({ issuer, account }: UnimportedView): string => issuer || account;

export function titleOf(entry: UnimportedView): string {
  return [entry.issuer, entry.account].filter((name) => name !== "").join(", ") || m.import.unnamed(entry.position + 1);
}
