/** The screens that nobody needs for the first picture: loaded when one of them is opened. */
export { default as Activity } from "./Activity.svelte";
export { default as Backup } from "./backup/Backup.svelte";
export { default as ChangeSecret } from "./ChangeSecret.svelte";
export { default as CheckUp } from "./CheckUp.svelte";
export { default as Devices } from "./Devices.svelte";
export { default as Entry } from "./Entry.svelte";
export { default as Export } from "./export/Export.svelte";
export { default as Help } from "./Help.svelte";
export { default as Language } from "./Language.svelte";
export { default as Move } from "./move/Move.svelte";
export { default as NoticeQuestion } from "./NoticeQuestion.svelte";
export { default as Order } from "./Order.svelte";
export { default as Rehearse } from "./backup/Rehearse.svelte";
export { default as Removed } from "./Removed.svelte";
export { default as Settings } from "./Settings.svelte";
export { default as Theme } from "./Theme.svelte";
export { default as TurnOn } from "./backup/TurnOn.svelte";
