// SPDX-License-Identifier: Apache-2.0
// Notes beside the code: opening a form takes the lines that are picked and puts the cursor into its text, and lines
// that bear a note are marked in the margin. Without this script the lines are those of the page, and can be written
// by hand; the list of notes names its lines either way.

document.addEventListener(
  "toggle",
  (event) => {
    const form = event.target.open && event.target.querySelector?.("form[data-note]");
    if (!form) return;
    const picked = document.getElementById("lines")?.value;
    if (picked && form.elements.lines) form.elements.lines.value = picked;
    form.elements.words?.focus();
  },
  true,
);

document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id !== "notes") return;
  const noted = [...event.detail.elt.querySelectorAll("li[data-first]")].map(({ dataset }) => dataset);
  for (const link of document.querySelectorAll("ol[data-lines] a.ln")) {
    const line = Number(link.id.slice(1));
    if (noted.some(({ first, last }) => Number(first) <= line && line <= Number(last)))
      link.parentElement.querySelector(".mg").textContent = "\u2022";
  }
});
