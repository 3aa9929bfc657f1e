// SPDX-License-Identifier: Apache-2.0
// What a product's owner turned off: copying and dragging out of a case. It hinders and does not prevent, and the page
// says so. And a page that comes back from the browser's memory is asked for again, so that Back after sign-out shows
// the front door.

const inCase = (node, what) => {
  const element = node instanceof Element ? node : node?.parentElement;
  return Boolean(element?.closest(`.glass[data-${what}="off"]`));
};

// A selection that begins or ends outside of a case, or spans it, may hold its lines all the same.
function touches(selection) {
  if (!selection || selection.isCollapsed) return false;
  return [...document.querySelectorAll('.glass[data-copy="off"]')].some((one) => selection.containsNode(one, true));
}

function onCopy(event) {
  if (inCase(event.target, "copy") || touches(document.getSelection())) event.preventDefault();
}

document.addEventListener("copy", onCopy);
document.addEventListener("cut", onCopy);
document.addEventListener("dragstart", (event) => {
  if (inCase(event.target, "copy")) event.preventDefault();
});
// htmx notes the address of the page, which may name a file; a workstation keeps its storage over sign-out.
window.addEventListener("pagehide", () => sessionStorage.clear());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
