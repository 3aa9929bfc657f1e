// SPDX-License-Identifier: Apache-2.0
// The machine's half of a workstation's key. The key is made here, on the machine, and this browser does not give
// it out; its public half is enrolled by the custodian. On every page of a visitor the machine then says, every two
// minutes, that this session is at it. What is signed stands in glasshouse.domain.sites.machines, word for word.
//
// Each word shows the last link of a chain and names the next. The next link is written down before it is sent, so
// that an answer that gets lost is asked for again with the same link; a copy of this profile cannot know it.

const SHELF = "glasshouse-workstation";
const EVERY = 120_000; // milliseconds between words
const AFTER_REFUSAL = 30_000;

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const lines = (...parts) => new TextEncoder().encode(parts.map((part) => `${part}\n`).join(""));
const random = () => crypto.getRandomValues(new Uint8Array(32));
const sign = (key, message) => crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, message);

function shelf() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(SHELF, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("machine");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function kept() {
  const store = await shelf();
  const found = await new Promise((done, failed) => {
    const asked = store.transaction("machine").objectStore("machine").get("this");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  store.close();
  return found;
}

async function keep(machine) {
  const store = await shelf();
  await new Promise((done, failed) => {
    const change = store.transaction("machine", "readwrite", { durability: "strict" });
    change.objectStore("machine").put(machine, "this");
    change.oncomplete = () => done();
    change.onerror = () => failed(change.error);
  });
  store.close();
}

async function challengeOf(workstation) {
  const answer = await fetch(`/workstations/${workstation}/challenge`, { headers: { Accept: "application/json" } });
  return answer.ok ? (await answer.json()).challenge : "";
}

async function speak() {
  const machine = await kept();
  const session = document.querySelector("meta[name=workstation-session]")?.content;
  if (!machine || !session) return 0;
  const said = machine.said ?? {};
  const waited = Date.now() - (said.at ?? 0);
  if (said.session === session && waited >= 0 && waited < said.rest) return said.rest - waited;
  const next = machine.pending ?? random();
  await keep({ ...machine, pending: next });
  const rest = (await say(machine, next)) ? EVERY : AFTER_REFUSAL;
  const moved = rest === EVERY ? { link: next, pending: undefined } : { pending: next };
  await keep({ ...machine, ...moved, said: { session, at: Date.now(), rest } });
  return rest;
}

async function say(machine, next) {
  const { workstation, key, link } = machine;
  const challenge = await challengeOf(workstation);
  if (!challenge) return false;
  const head = "glasshouse/workstation/assertion/v1";
  const signature = await sign(key, lines(head, location.origin, workstation, challenge, hex(link), hex(next)));
  const answer = await fetch(`/workstations/${workstation}/word`, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({
      challenge,
      shown: base64(link),
      next: base64(next),
      signature: base64(signature),
      csrfmiddlewaretoken: document.querySelector("input[name=csrfmiddlewaretoken]").value,
    }),
  });
  return answer.ok;
}

async function keepSpeaking() {
  let rest = AFTER_REFUSAL;
  try {
    // Two windows of one machine share its chain: one speaks at a time.
    rest = await navigator.locks.request(SHELF, speak);
  } catch {
    rest = AFTER_REFUSAL; // the lab did not answer
  }
  if (rest) setTimeout(keepSpeaking, rest);
}

async function enrol(event) {
  const form = event.target;
  if (form.dataset.answered) return;
  event.preventDefault();
  const said = form.querySelector("[data-said]");
  try {
    const { workstation } = form.dataset;
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
    const link = random();
    const challenge = await challengeOf(workstation);
    const print = hex(await crypto.subtle.digest("SHA-256", spki));
    const head = "glasshouse/workstation/enrolment/v1";
    const message = lines(head, location.origin, workstation, challenge, print, hex(link));
    const fields = { challenge, spki: base64(spki), link: base64(link) };
    fields.signature = base64(await sign(pair.privateKey, message));
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
    await keep({ workstation, key: pair.privateKey, link });
    form.dataset.answered = "yes";
    form.requestSubmit();
  } catch {
    said.textContent = said.dataset.failed;
    said.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-enrol]")) form.addEventListener("submit", enrol);
if (document.querySelector("meta[name=workstation-session]")) keepSpeaking();
