/** The sentence for every refusal: what happened, then what to do. */
import type { ForeignKind } from "../host/generated/ForeignKind";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { VaultFault } from "../host/generated/VaultFault";
import type { Unusable } from "../state/adding.svelte";
import { m } from "./index";

export interface Words {
  title: string;
  body: string;
}

export function problemWords({ code, subject, number }: Problem): Words {
  const p = m.problem;
  const name = subject ?? "";
  switch (code) {
    case "locked":
      return { title: p.lockedTitle, body: p.lockedBody };
    case "wrong_secret":
      return { title: p.wrongSecretTitle, body: p.wrongSecretBody };
    case "must_wait":
      return { title: p.mustWaitTitle(number ?? 60), body: p.mustWaitBody };
    case "weak_secret":
      return { title: p.weakSecretTitle, body: p.weakSecretBody };
    case "keystore_unavailable":
      return { title: p.keystoreTitle, body: p.keystoreBody };
    case "not_stored":
      return { title: p.notStoredTitle, body: p.notStoredBody };
    case "no_code_in_picture":
      return { title: p.noCodeTitle, body: p.noCodeBody };
    case "not_a_picture":
      if (subject) return { title: p.pictureKindTitle(subject), body: p.pictureKindBody };
      if (number) return { title: p.pictureLargeTitle, body: p.pictureLargeBody(number) };
      return { title: p.notPictureTitle, body: p.notPictureBody };
    case "not_an_export":
      return { title: p.notExportTitle, body: p.notExportBody };
    case "export_cut_short":
      return { title: p.exportCutTitle, body: p.exportCutBody };
    case "export_damaged":
      return { title: p.exportDamagedTitle, body: p.exportDamagedBody };
    case "export_empty":
      return { title: p.exportEmptyTitle, body: p.exportEmptyBody };
    case "export_of_account":
      return { title: p.exportOfAccountTitle, body: p.exportOfAccountBody };
    case "export_password":
      return { title: p.exportPasswordTitle, body: p.exportPasswordBody };
    case "export_too_large":
      return { title: p.exportLargeTitle, body: p.exportLargeBody };
    case "export_too_much":
      return { title: p.exportMuchTitle, body: p.exportMuchBody };
    case "not_a_backup":
      return { title: p.notBackupTitle, body: p.notBackupBody };
    case "backup_damaged":
      return { title: p.backupDamagedTitle, body: p.backupDamagedBody };
    case "backup_too_new":
      return { title: p.backupNewTitle, body: p.backupNewBody };
    case "backup_passphrase":
      return { title: p.backupPassphraseTitle, body: p.exportPasswordBody };
    case "backup_folder":
      return { title: p.backupFolderTitle, body: p.backupFolderBody(name) };
    case "backup_full":
      return { title: p.backupFullTitle, body: p.backupFullBody };
    case "save_folder":
      return { title: p.saveFolderTitle, body: p.saveFolderBody(name) };
    case "empty_clipboard":
      return { title: p.emptyClipboardTitle, body: p.emptyClipboardBody };
    case "not_an_activation":
      return { title: p.notActivationTitle, body: p.notActivationBody };
    case "draft_gone":
      return { title: p.draftGoneTitle, body: p.draftGoneBody };
    case "code_refused":
      return { title: p.codeRefusedTitle, body: p.codeRefusedBody };
    case "host_refused":
      return { title: p.hostRefusedTitle, body: p.hostRefusedBody(name) };
    case "not_an_address":
      return { title: p.notAddressTitle, body: p.notAddressBody };
    case "host_unknown":
      return { title: p.hostUnknownTitle, body: p.hostUnknownBody(name) };
    case "certificate_refused":
      return { title: p.certificateTitle, body: p.certificateBody(name) };
    case "service_down":
      return { title: p.serviceDownTitle, body: p.serviceDownBody(name) };
    case "not_a_service":
      return { title: p.notServiceTitle, body: p.notServiceBody(name) };
    case "service_refused":
      return { title: p.serviceRefusedTitle, body: p.serviceRefusedBody };
    case "clock_wrong":
      return { title: p.clockTitle, body: p.clockBody };
    case "account_gone":
      return { title: p.accountGoneTitle, body: p.accountGoneBody };
    case "request_gone":
      return { title: p.requestGoneTitle, body: p.requestGoneBody };
    case "key_not_base32":
      return { title: p.keyTitle, body: m.key.notBase32 };
    case "key_too_short":
      return { title: p.keyShortTitle, body: m.key.tooShort };
    case "name_missing":
      return { title: p.nameTitle, body: m.key.nameMissing };
    case "name_too_long":
      return { title: p.nameLongTitle, body: m.key.nameTooLong };
    case "already_here":
      return { title: p.alreadyTitle, body: p.alreadyBody(name) };
    case "fresh_unlock":
      return { title: p.freshUnlockTitle, body: p.freshUnlockBody };
    case "older_copy":
      return { title: p.olderCopyTitle, body: p.olderCopyBody };
    case "unforeseen":
      return { title: p.unforeseenTitle, body: p.unforeseenBody };
  }
}

/** One line, for the place beside a field or in a note. */
export function problemLine(refusal: Problem): string {
  const { title, body } = problemWords(refusal);
  switch (refusal.code) {
    case "key_not_base32":
    case "key_too_short":
    case "name_missing":
    case "name_too_long":
      return body;
    case "not_an_activation":
      return m.link.wrong;
    default:
      return `${title}. ${body}`;
  }
}

/** Why a PIN or passphrase that was asked for once more was not taken. */
export function secretFault(refusal: Problem, method: UnlockMethod): string {
  if (refusal.code !== "wrong_secret") return problemLine(refusal);
  return method === "pin" ? m.lock.wrongPin(refusal.number) : m.lock.wrongPassphrase(refusal.number);
}

/** How wrong this device's clock is, in minutes; `null` when it is right to the minute. */
export function clockWords(secondsFast: number): string | null {
  const minutes = Math.round(secondsFast / 60);
  if (minutes === 0) return null;
  return minutes > 0 ? m.home.clockFast(minutes) : m.home.clockSlow(-minutes);
}

export function unusableWords(scan: Unusable): Words {
  return foreignWords(scan.what, scan.host);
}

function foreignWords(what: ForeignKind, host: string | null): Words {
  const u = m.unusable;
  const itIs = (body: string): Words => ({ title: u.title, body: `${body} ${u.lookFor}` });
  switch (what) {
    case "web_link":
      return itIs(host === null ? u.webLinkUnknown : u.webLink(host));
    case "contact_card":
      return itIs(u.contact);
    case "wifi":
      return itIs(u.wifi);
    case "plain_text":
      return itIs(u.text);
    case "broken_activation":
      return { title: u.brokenActivationTitle, body: u.brokenActivation };
    case "broken_account":
      return { title: u.brokenAccountTitle, body: u.brokenAccount };
  }
}

export function faultWords(fault: VaultFault): Words {
  const f = m.faulty;
  switch (fault) {
    case "damaged":
      return { title: f.damagedTitle, body: f.damagedBody };
    case "not_a_vault":
      return { title: f.notAVaultTitle, body: f.notAVaultBody };
    case "too_new":
      return { title: f.tooNewTitle, body: f.tooNewBody };
    case "in_use":
      return { title: f.inUseTitle, body: f.inUseBody };
    case "unreadable":
      return { title: f.unreadableTitle, body: f.unreadableBody };
  }
}
