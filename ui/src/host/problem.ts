/** Makes a `Problem` of whatever was thrown, so that every refusal has its sentence. */
import type { Problem } from "./generated/Problem";
import type { ProblemCode } from "./generated/ProblemCode";

/** The type checker refuses this list when it is not exactly the codes there are. */
const CODES: Record<ProblemCode, true> = {
  locked: true,
  wrong_secret: true,
  must_wait: true,
  weak_secret: true,
  keystore_unavailable: true,
  not_stored: true,
  no_code_in_picture: true,
  not_a_picture: true,
  not_an_export: true,
  export_cut_short: true,
  export_damaged: true,
  export_empty: true,
  export_of_account: true,
  export_password: true,
  export_too_large: true,
  export_too_much: true,
  not_a_backup: true,
  backup_damaged: true,
  backup_too_new: true,
  backup_passphrase: true,
  backup_folder: true,
  backup_full: true,
  save_folder: true,
  empty_clipboard: true,
  not_an_activation: true,
  draft_gone: true,
  code_refused: true,
  host_refused: true,
  not_an_address: true,
  host_unknown: true,
  certificate_refused: true,
  service_down: true,
  not_a_service: true,
  service_refused: true,
  clock_wrong: true,
  account_gone: true,
  request_gone: true,
  key_not_base32: true,
  key_too_short: true,
  name_missing: true,
  name_too_long: true,
  already_here: true,
  fresh_unlock: true,
  older_copy: true,
  unforeseen: true,
};

/** Every code, for tests that visit them all. */
export const PROBLEM_CODES = Object.keys(CODES).filter(isCode);

export function problem(code: ProblemCode, subject: string | null = null, number: number | null = null): Problem {
  return { code, subject, number };
}

/** What `thrown` says, or `unforeseen` when it is not a refusal we know. */
export function asProblem(thrown: unknown): Problem {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && isCode(thrown.code)) {
    const subject = "subject" in thrown && typeof thrown.subject === "string" ? thrown.subject : null;
    const number = "number" in thrown && typeof thrown.number === "number" ? thrown.number : null;
    return { code: thrown.code, subject, number };
  }
  return problem("unforeseen");
}

function isCode(code: unknown): code is ProblemCode {
  return typeof code === "string" && Object.hasOwn(CODES, code);
}
