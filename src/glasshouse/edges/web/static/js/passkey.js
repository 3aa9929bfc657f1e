// SPDX-License-Identifier: Apache-2.0
// The browser's part of a passkey ceremony. A form with data-passkey="make" or "use" names where its options are:
// data-options, an address that answers them, or data-options-in, the id of a JSON block on the page. The answer
// goes into the form's field `credential`, and the form is sent.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function decoded(options) {
  const withBytes = (entry) => ({ ...entry, id: toBytes(entry.id) });
  const copy = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) copy.user = withBytes(options.user);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) copy[list] = options[list].map(withBytes);
  }
  return copy;
}

function encoded(credential) {
  const given = credential.response;
  const response = { clientDataJSON: toText(given.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = toText(given[name]);
  }
  if (given.getTransports) response.transports = given.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsOf(form) {
  const block = form.dataset.optionsIn && document.getElementById(form.dataset.optionsIn);
  if (block) return JSON.parse(block.textContent).publicKey;
  const answer = await fetch(form.dataset.options, {
    headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
  });
  if (!answer.ok) throw new Error("no options");
  return (await answer.json()).request_options.publicKey;
}

function say(form, reason) {
  const place = form.querySelector("[data-said]");
  place.textContent = place.dataset[reason];
  place.hidden = false;
}

function reasonOf(error) {
  if (error.name === "InvalidStateError") return "known";
  return error instanceof DOMException ? "refused" : "failed";
}

async function hold(event) {
  const form = event.target;
  if (form.dataset.answered) return;
  event.preventDefault();
  if (!window.PublicKeyCredential) {
    say(form, "absent");
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const publicKey = decoded(await optionsOf(form));
    const ask = form.dataset.passkey === "make" ? "create" : "get";
    const credential = await navigator.credentials[ask]({ publicKey });
    form.elements.credential.value = JSON.stringify(encoded(credential));
    form.dataset.answered = "yes";
    button.disabled = false;
    form.requestSubmit();
  } catch (error) {
    button.disabled = false;
    say(form, reasonOf(error));
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) form.addEventListener("submit", hold);
