/** Which addresses are a prompt's, and what its host sends. */
import { expect, test } from "vitest";
import { promptView } from "./prompt-fake";
import { BrowserPrompt, isPrompt, promptAt } from "./prompt-browser";

const ID = "abcdefghij0123456789";

test("the prompt's page and a link that was refused are the prompt's; every other address is the portal's", () => {
  expect(["/prompt", "/oauth/v1/authorize"].every(isPrompt)).toBe(true);
  expect(["/", "/devices", "/sign-in", "/prompt/v1"].some(isPrompt)).toBe(false);
  expect(promptAt({ pathname: "/prompt", hash: `#${ID}` })).toBe(ID);
  for (const hash of ["", "#", `#${ID}0`, `#${ID.toUpperCase()}`, `#${ID}/../x`, "#../../self-service"])
    expect(promptAt({ pathname: "/prompt", hash })).toBeNull();
  expect(promptAt({ pathname: "/oauth/v1/authorize", hash: `#${ID}` })).toBeNull();
});

test("what changes something carries the word that the view told", async () => {
  const sent: { path: string; init: RequestInit | undefined }[] = [];
  const went: string[] = [];
  const fetcher: typeof fetch = (path, init) => {
    sent.push({ path: String(path as string), init });
    return Promise.resolve(Response.json(promptView({ csrf: "the word" })));
  };
  const prompt = new BrowserPrompt(ID, fetcher, (address) => void went.push(address));
  await prompt.view();
  await prompt.prove({ way: "push", device: "d1" });
  prompt.leave();
  expect(sent.map(({ path }) => path)).toEqual([`/prompt/v1/${ID}`, `/prompt/v1/${ID}/proofs`]);
  expect(new Headers(sent[1]?.init?.headers).get("x-countersign-csrf")).toBe("the word");
  expect(went).toEqual([`/prompt/v1/${ID}/leave`]);
});
