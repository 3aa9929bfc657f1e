// SPDX-License-Identifier: Apache-2.0
// The search page's own: the address becomes the permalink of what is shown, so that Back and Reload ask it again
// without a form; the scope says what is ticked. Without this script all of it works by forms and links.

const link = document.querySelector("[data-permalink]");
if (link) history.replaceState(null, "", link.href);

document.addEventListener("click", (event) => {
  const asked = event.target.closest?.("[data-permalink]");
  if (!asked || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", asked.href);
  navigator.clipboard?.writeText(asked.href).then(
    () => asked.classList.add("copied"),
    () => {},
  );
});

// The history that a file offers is that of the found line the keys are at.
document.addEventListener("focusin", (event) => {
  const past = event.target.matches(".found .ln") && event.target.closest(".hit").querySelector("[data-history]");
  if (!past) return;
  document.querySelector("[data-history][data-key]")?.removeAttribute("data-key");
  past.dataset.key = "h";
  past.search = `?line=${event.target.textContent}`;
});

// What was asked for next is where the keys go on.
document.body.addEventListener("htmx:load", (event) => {
  const first = event.detail.elt.matches?.(".vitrine") && event.detail.elt.querySelector(".found .ln");
  if (first && document.activeElement === document.body) first.focus({ preventScroll: true });
});

const pick = document.querySelector("[data-pick]");

function tell(ticked, boxes) {
  const said = pick.querySelector("[data-said]");
  const isEvery = ticked.length === boxes.length;
  const words = isEvery ? said.dataset.every : said.dataset.some;
  said.textContent =
    ticked.length === 1 ? ticked[0].dataset.name : words.replace("{n}", ticked.length).replace("{all}", boxes.length);
}

if (pick) {
  const every = pick.querySelector("[name=every]");
  const boxes = [...pick.querySelectorAll("[name=release]")];
  pick.addEventListener("change", (event) => {
    if (event.target === every) for (const box of boxes) box.checked = every.checked;
    const ticked = boxes.filter((box) => box.checked);
    every.checked = ticked.length === boxes.length;
    tell(ticked, boxes);
  });
  document.addEventListener("click", (event) => {
    if (!pick.contains(event.target)) pick.open = false;
  });
  pick.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    pick.open = false;
    pick.querySelector("summary").focus();
  });
}
