// SPDX-License-Identifier: Apache-2.0
// Notes beside the code: opening a form takes the lines that are picked and puts the cursor into its text. Without
// this script the lines are those of the page, and can be written by hand.

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
