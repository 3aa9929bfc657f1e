// SPDX-License-Identifier: Apache-2.0
// A detection opens beside its list where there is room for both; x picks the row that the keys are at. Without this
// script each has a page of its own, and boxes are ticked by hand.

const beside = document.getElementById("finding");
const isWide = () => beside?.checkVisibility() ?? false;

function select(row) {
  for (const one of document.querySelectorAll("[data-detections] [aria-selected]")) one.removeAttribute("aria-selected");
  row.setAttribute("aria-selected", "true");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-detection]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !isWide()) return;
  event.preventDefault();
  select(link.closest("tr"));
  window.htmx.ajax("GET", link.href, { target: beside, swap: "innerHTML" });
});

document.addEventListener("keydown", (event) => {
  const isAsleep = document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey;
  if (isAsleep || event.key !== "x") return;
  const box = document.activeElement?.closest("[data-detections] tr")?.querySelector("[type=checkbox]");
  if (!box || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  box.click();
});

document.addEventListener("change", (event) => {
  const row = event.target.matches?.("[data-detections] [type=checkbox]") && event.target.closest("tr");
  if (row) row.classList.toggle("picked", event.target.checked);
});
