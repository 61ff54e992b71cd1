/** The host inside the app's own window. The only file that may import Tauri. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { InvokeArgs } from "@tauri-apps/api/core";
import type { CameraScan, Capabilities, Host } from "./host";
import type { AppView } from "./generated/AppView";
import { asProblem, problem } from "./problem";
import { TauriPortal } from "./tauri-portal";

async function call<T>(command: string, args?: InvokeArgs): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw asProblem(thrown);
  }
}

export class TauriHost implements Host {
  capabilities = () => call<Capabilities>("capabilities");
  view = () => call<AppView>("view");
  onChanged = (listener: () => void) => listen("changed", () => listener());

  createVault: Host["createVault"] = (secret) => call("create_vault", { request: { secret } });
  unlock: Host["unlock"] = (secret) => call("unlock", { request: { secret } });
  lock: Host["lock"] = () => call("lock");
  confirmSecret: Host["confirmSecret"] = (secret) => call("confirm_secret", { request: { secret } });
  changeSecret: Host["changeSecret"] = (current, next) => call("change_secret", { request: { current, next } });
  ratePassphrase: Host["ratePassphrase"] = (secret) => call("rate_passphrase", { request: { secret } });
  touched: Host["touched"] = () => call("touched");
  startAgain: Host["startAgain"] = () => call("start_again");
  useOlderCopy: Host["useOlderCopy"] = () => call("use_older_copy");
  keepCopy: Host["keepCopy"] = () => call("keep_copy");

  changeSettings: Host["changeSettings"] = (settings) => call("change_settings", { request: settings });
  activity: Host["activity"] = () => call("activity");
  checkUp: Host["checkUp"] = () => call("check_up");

  passcodes: Host["passcodes"] = (ids) => call("passcodes", { request: { ids } });
  nextPasscode: Host["nextPasscode"] = (id) => call("next_passcode", { request: { id } });
  copyPasscode: Host["copyPasscode"] = (id) => call("copy_passcode", { request: { id } });

  /** The plugin is loaded when it is first needed: desktops never load it. */
  async scan(): Promise<CameraScan> {
    const scanner = await import("@tauri-apps/plugin-barcode-scanner");
    let text: string;
    try {
      const permission = await scanner.checkPermissions();
      if (permission !== "granted" && (await scanner.requestPermissions()) !== "granted") return { is: "off" };
      text = (await scanner.scan({ formats: [scanner.Format.QRCode] })).content;
    } catch (thrown) {
      if (/cancel/i.test(String(thrown))) return { is: "left" };
      throw problem("unforeseen");
    }
    return { is: "code", scan: await this.readText(text) };
  }

  async openSystemSettings(): Promise<void> {
    const { openAppSettings } = await import("@tauri-apps/plugin-barcode-scanner");
    try {
      await openAppSettings();
    } catch {
      throw problem("unforeseen");
    }
  }

  readText: Host["readText"] = (text) => call("read_text", { request: { text } });
  readPicture: Host["readPicture"] = (bytes) => call("read_picture", bytes);
  readClipboard: Host["readClipboard"] = () => call("read_clipboard");
  captureScreen: Host["captureScreen"] = () => call("capture_screen");
  takeIncoming: Host["takeIncoming"] = () => call("take_incoming");

  activate: Host["activate"] = (draft) => call("activate", { request: { draft } });
  finishActivation: Host["finishActivation"] = (id) => call("finish_activation", { request: { id } });
  readImport: Host["readImport"] = (bytes) => call("read_import", bytes);
  unlockImport: Host["unlockImport"] = (draft, password) => call("unlock_import", { request: { draft, password } });
  import: Host["import"] = (draft, positions) => call("import", { request: { draft, positions } });
  unimported: Host["unimported"] = () => call("unimported");
  dismissUnimported: Host["dismissUnimported"] = (ids) => call("dismiss_unimported", { request: { ids } });
  keepUnimported: Host["keepUnimported"] = (draft) => call("keep_unimported", { request: { draft } });
  backup: Host["backup"] = () => call("backup");
  turnOnBackup: Host["turnOnBackup"] = (secret) => call("turn_on_backup", { request: { secret } });
  turnOffBackup: Host["turnOffBackup"] = () => call("turn_off_backup");
  backUpNow: Host["backUpNow"] = () => call("back_up_now");
  chooseBackupFolder: Host["chooseBackupFolder"] = (title) => call("choose_backup_folder", { request: { title } });
  rehearseBackup: Host["rehearseBackup"] = (secret) => call("rehearse_backup", { request: { secret } });
  findBackup: Host["findBackup"] = () => call("find_backup");
  readBackup: Host["readBackup"] = (bytes) => call("read_backup", bytes);
  restore: Host["restore"] = (draft, secret) => call("restore", { request: { draft, secret } });
  addOther: Host["addOther"] = (draft) => call("add_other", { request: { draft } });
  addTyped: Host["addTyped"] = (account) => call("add_typed", { request: account });
  exportView: Host["exportView"] = () => call("export_view");
  export: Host["export"] = (form, password) => call("export", { request: { form, password } });
  moveView: Host["moveView"] = () => call("move_view");
  beginMove: Host["beginMove"] = (id) => call("begin_move", { request: { id } });
  moveNews: Host["moveNews"] = (seen) => call("move_news", { request: { seen } });
  actOnMove: Host["actOnMove"] = (act) => call("act_on_move", { request: { act } });
  rename: Host["rename"] = (id, name) => call("rename", { request: { id, name } });
  remove: Host["remove"] = (id) => call("remove", { request: { id } });
  undoRemove: Host["undoRemove"] = (id) => call("undo_remove", { request: { id } });
  deleteForGood: Host["deleteForGood"] = (id) => call("delete_for_good", { request: { id } });
  reorder: Host["reorder"] = (ids) => call("reorder", { request: { ids } });

  answer: Host["answer"] = (id, answer) => call("answer", { request: { id, answer } });
  denyAll: Host["denyAll"] = (ids) => call("deny_all", { request: { ids } });
  answerNotice: Host["answerNotice"] = (id, notMe) => call("answer_notice", { request: { id, not_me: notMe } });
  sendTest: Host["sendTest"] = (accountId) => call("send_test", { request: { account_id: accountId } });

  selfService: Host["selfService"] = (door) => new TauriPortal(door);
  serviceHosts: Host["serviceHosts"] = () => call("service_hosts");
  readServiceHost: Host["readServiceHost"] = (text) => call("read_service_host", { request: { text } });
}
