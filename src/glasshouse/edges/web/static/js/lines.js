// SPDX-License-Identifier: Apache-2.0
// Picking lines without asking the lab again: a click picks one, with Shift a range. The address follows, so that it
// is the permalink of what is picked. Without this script each line number is a link that does the same by a request.

const list = document.querySelector("ol[data-lines]");
const field = document.getElementById("lines");
const permalink = document.querySelector("[data-permalink]");
const past = document.querySelector("[data-history]");
let anchor = 0;

const numberOf = (link) => Number(link.id.slice(1));

function pick(first, last) {
  for (const link of list.querySelectorAll("a.ln")) {
    const number = numberOf(link);
    link.parentElement.classList.toggle("in", first <= number && number <= last);
  }
  const range = first === last ? `${first}` : `${first}-${last}`;
  const address = `?lines=${range}`;
  field.value = range;
  permalink?.setAttribute("href", address);
  if (past) past.search = `?line=${first}`;
  history.replaceState(null, "", address);
}

function onClick(event) {
  const link = event.target.closest("a.ln");
  if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const number = numberOf(link);
  if (!event.shiftKey || !anchor) anchor = number;
  pick(Math.min(anchor, number), Math.max(anchor, number));
}

function onPermalink(event) {
  event.preventDefault();
  const address = new URL(permalink.getAttribute("href"), location.href);
  history.replaceState(null, "", address);
  navigator.clipboard?.writeText(address.href).then(
    () => permalink.classList.add("copied"),
    () => {},
  );
}

// The tree scrolls by itself on wide pages; its own scroll begins at the page's file.
const wing = document.querySelector(".wing.left");
const here = wing?.querySelector("[aria-current]");
if (here && wing.scrollHeight > wing.clientHeight) wing.scrollTop = here.offsetTop - wing.clientHeight / 2;

if (list && field) {
  anchor = Number((list.dataset.picked ?? "0").split("-")[0]);
  list.addEventListener("click", onClick);
  permalink?.addEventListener("click", onPermalink);
}
