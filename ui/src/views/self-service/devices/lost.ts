/** What is said of the ways back in: the question, the answer to it, and why each way works. */
import type { OwnDevice } from "../../../host/generated/self-service/OwnDevice";
import { m } from "../../../messages";
import type { SelfService } from "../../../state/selfservice.svelte";
import type { Beside, Missing, WayBack, WaysBack } from "../../../state/waysback";

export function lostTitle({ id, kind }: OwnDevice, thisDevice: string | null): string {
  return (id === thisDevice ? m.devices.lose.this : m.devices.lose.your)[kind];
}

/** One sentence. A call is named as one: it takes somebody to be where the phone rings. */
export function verdictWords({ own, codes }: WaysBack): string {
  const words = m.devices.lose;
  const [first, second] = own;
  if (first === undefined) return codes > 0 ? words.safeByCard(m.card.left(codes)) : words.deskOnly;
  if (first.how === "call") return words.safeByCall(first.device.name);
  return words.safe(first.device.name, second === undefined || second.how === "call" ? null : second.device.name);
}

export function howWords({ device, how }: WayBack): string {
  const words = m.devices.lose;
  return how === "call" ? words.call(device.number ?? device.name) : words.how[how];
}

export function missingWords(piece: Missing): string {
  if (piece.do === "card") return m.card.make;
  return piece.do === "add" ? m.devices.lose.add[piece.kind] : m.devices.adding.knownButton(piece.device.name);
}

export function besideOf(self: SelfService): Beside {
  return { calls: self.site?.calls === true, card: self.session?.card ?? null, now: self.now() };
}
