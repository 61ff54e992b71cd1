import { describe, expect, test } from "vitest";
import { problemOf } from "./tauri-portal";

const app = (code: string) => ({ from: "app", problem: { code, subject: null, number: null } });

describe("what the engine refuses", () => {
  test("is the service’s own refusal with its facts", () =>
    expect(problemOf({ from: "service", problem: { code: "wrong_password", number: 3, minutes: 32 } })).toEqual({
      code: "wrong_password",
      number: 3,
      minutes: 32,
      until: null,
      device: null,
    }));

  test("signs out when it is the app’s lock, not the password’s", () => expect(problemOf(app("locked")).code).toBe("signed_out"));

  test("is no answer when the service cannot be reached", () => {
    for (const code of ["service_down", "host_unknown", "certificate_refused", "not_a_service"])
      expect(problemOf(app(code)).code).toBe("unreachable");
  });

  test("is unforeseen in every other case", () => {
    for (const thrown of [app("account_gone"), "text", null, { from: "service", problem: { code: "no such" } }])
      expect(problemOf(thrown).code).toBe("unforeseen");
  });
});
