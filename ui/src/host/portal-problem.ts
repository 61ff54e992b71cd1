/** Makes a `PortalProblem` of whatever went wrong, so that every refusal has its sentence. */
import type { ProblemCode } from "./generated/self-service/ProblemCode";

/** The service's own refusals, no answer at all, and what nobody foresaw. */
export type PortalProblemCode = ProblemCode | "unreachable" | "unforeseen";

export interface PortalProblem {
  code: PortalProblemCode;
  /** Tries that are left, or seconds to wait. */
  number: number | null;
  /** For how many minutes nothing would be tried once no try is left. */
  minutes: number | null;
  /** Until when, in Unix milliseconds by the service's clock. */
  until: number | null;
  /** The device that it is about. */
  device: string | null;
}

/** The type checker refuses this list when it is not exactly the codes there are. */
const CODES: Record<PortalProblemCode, true> = {
  bad_request: true,
  signed_out: true,
  wrong_password: true,
  not_recognised: true,
  password_expired: true,
  password_must_change: true,
  account_locked: true,
  account_disabled: true,
  account_expired: true,
  account_not_now: true,
  account_not_entitled: true,
  other_site: true,
  proof_needed: true,
  proof_too_young: true,
  device_needed: true,
  enrolment_closed: true,
  not_allowed: true,
  not_found: true,
  last_way: true,
  name_taken: true,
  number_known: true,
  number_taken: true,
  cannot_do_that: true,
  not_needed: true,
  bad_name: true,
  bad_number: true,
  wrong_code: true,
  code_over: true,
  wrong_passcode: true,
  passcode_used: true,
  reason_needed: true,
  locked: true,
  too_many: true,
  unavailable: true,
  unreachable: true,
  unforeseen: true,
};

/** Every code, for tests that visit them all. */
export const PORTAL_PROBLEM_CODES = Object.keys(CODES).filter(isCode);

export function portalProblem(code: PortalProblemCode, facts: Partial<Omit<PortalProblem, "code">> = {}): PortalProblem {
  return { code, number: null, minutes: null, until: null, device: null, ...facts };
}

/** What `thrown` says, or `unforeseen` when it is not a refusal we know. */
export function asPortalProblem(thrown: unknown): PortalProblem {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown) || !isCode(thrown.code)) return portalProblem("unforeseen");
  return portalProblem(thrown.code, {
    number: "number" in thrown && typeof thrown.number === "number" ? thrown.number : null,
    minutes: "minutes" in thrown && typeof thrown.minutes === "number" ? thrown.minutes : null,
    until: "until" in thrown && typeof thrown.until === "number" ? thrown.until : null,
    device: "device" in thrown && typeof thrown.device === "string" ? thrown.device : null,
  });
}

/** Nothing was refused: the service did not answer, so asking again may work. */
export function isUnreachable(problem: PortalProblem): boolean {
  return problem.code === "unreachable" || problem.code === "unavailable";
}

function isCode(code: unknown): code is PortalProblemCode {
  return typeof code === "string" && Object.hasOwn(CODES, code);
}
