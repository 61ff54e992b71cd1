// Sees every message of the window before the program does, and lets through only what one of our calls looks like
// (row T2). Which commands there are is the capability file's to say; this is about names, shapes and sizes.
//
// It runs in a frame of its own, which nothing in the window can reach into; only what it let through is sealed with
// the key that the program opens messages with.
"use strict";

// As characters and bytes; the longest list names ten thousand accounts, the largest picture is a photograph
const TEXT_LIMIT = 1024 * 1024;
const PICTURE_LIMIT = 32 * 1024 * 1024;

const OURS = /^[a-z]+(?:_[a-z]+)*$/;
const EVENTS = ["plugin:event|listen", "plugin:event|unlisten"];
const CAMERA = ["scan", "cancel", "check_permissions", "request_permissions", "open_app_settings"].map(
  (command) => `plugin:barcode-scanner|${command}`,
);

const isPlain = (value) =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof ArrayBuffer);

const isShort = (value) => JSON.stringify(value).length <= TEXT_LIMIT;

// Nothing, one request, or the bytes of a picture
function isOurs(payload) {
  if (payload instanceof ArrayBuffer || ArrayBuffer.isView(payload)) return payload.byteLength <= PICTURE_LIMIT;
  if (!isPlain(payload)) return false;
  const names = Object.keys(payload);
  if (names.length === 0) return true;
  return names.length === 1 && isPlain(payload.request) && isShort(payload);
}

function mayPass({ cmd, payload }) {
  if (typeof cmd !== "string") return false;
  if (OURS.test(cmd)) return isOurs(payload);
  if (EVENTS.includes(cmd)) return isPlain(payload) && payload.event === "changed" && isShort(payload);
  return CAMERA.includes(cmd) && isPlain(payload) && isShort(payload);
}

window.__TAURI_ISOLATION_HOOK__ = ({ cmd, callback, error, payload }) => {
  // Without the headers that a caller may add: no command of ours reads any
  if (mayPass({ cmd, payload })) return { cmd, callback, error, payload };
  // The program knows no such command and says so, where silence would leave the caller waiting
  return { cmd: "refused", callback, error, payload: {} };
};
