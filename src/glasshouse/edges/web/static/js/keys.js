// SPDX-License-Identifier: Apache-2.0
// Single keys. They are off where <html data-keys="off"> says so, asleep in fields and with modifiers, and each has
// a visible control: a key only focuses or clicks what the page offers. A page gives keys to its own controls by
// data-key="n"; lists that j and k walk bear data-walk.

const root = document.documentElement;
const FIELDS = "input, textarea, select, [contenteditable]";
const WALKED = "[data-walk] :is(a[href], button.as-link)";
const SEQUENCE_MS = 1200;
let prefix = "";
let prefixUntil = 0;

const isAsleep = (event) =>
  root.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(FIELDS);

function walk(step) {
  const links = [...document.querySelectorAll(WALKED)].filter((one) => one.checkVisibility());
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  next?.focus();
}

function open() {
  const link = document.activeElement?.closest(WALKED);
  link?.click();
  return Boolean(link);
}

function firstField() {
  const fields = ["main [role=search] input", ".bar [role=search] input", "main input"];
  const search = fields.map((one) => document.querySelector(`${one}:not([type=hidden])`)).find((one) => one?.offsetParent);
  search?.focus();
  return Boolean(search);
}

function act(key) {
  const dialog = document.getElementById("keys");
  if (key === "?") dialog?.showModal();
  else if (key === "/") return firstField();
  else if (key === "j") walk(1);
  else if (key === "k") walk(-1);
  else if (key === "o") return open();
  else if (key === "g h") document.querySelector(".wordmark")?.click();
  else return clickControl(key);
  return true;
}

function clickControl(key) {
  const control = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (control?.matches(FIELDS)) control.select();
  else control?.click();
  return Boolean(control);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    event.target.closest("[role=search] input")?.blur();
    return;
  }
  if (isAsleep(event) || document.querySelector("dialog[open]")) return;
  const isSecond = prefix && event.timeStamp < prefixUntil;
  const key = isSecond ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  if (key === "g") {
    prefix = key;
    prefixUntil = event.timeStamp + SEQUENCE_MS;
    return;
  }
  if (act(key)) event.preventDefault();
});
