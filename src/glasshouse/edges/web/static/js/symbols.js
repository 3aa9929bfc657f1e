// SPDX-License-Identifier: Apache-2.0
// Words of the code: a click chooses one, w and b step through them, d leads to its definition and r to its
// references; Ctrl and a click, or two clicks, lead to the definition at once. An address holds the place of a word,
// never the word. And the outline: a link to a line that stands on the page picks it without asking the lab again.

// Steps pass over comments, strings, numbers and the language's own words; a click chooses any word.
const PASSED = ".c, .s, .m, .k, .t";
const WORD = /[\p{L}_][\p{L}\p{N}_]*/gu;
const list = document.querySelector("ol[data-words]");
const bar = document.querySelector("[data-word-bar]");
const said = bar?.querySelector("[data-word]");
let chosen = null;

const numberOf = (item) => Number(item.querySelector("a.ln").id.slice(1));
const lines = () => [...list.children].filter((item) => item.querySelector("a.ln"));

// What a screen would not show stands as a mark, and is no part of a word.
function textOf(item) {
  const walker = document.createTreeWalker(item.querySelector("code"), NodeFilter.SHOW_TEXT);
  const nodes = [];
  let text = "";
  while (walker.nextNode()) {
    const node = walker.currentNode;
    nodes.push({ node, start: text.length });
    text += node.parentElement.closest(".x") ? " ".repeat(node.length) : node.data;
  }
  return { nodes, text };
}

function wordsOf(item) {
  const { nodes, text } = textOf(item);
  return [...text.matchAll(WORD)].map((match) => {
    const place = (offset) => nodes.findLast(({ start }) => start <= offset);
    const [first, last] = [place(match.index), place(match.index + match[0].length - 1)];
    const range = new Range();
    range.setStart(first.node, match.index - first.start);
    range.setEnd(last.node, match.index + match[0].length - last.start);
    const isPassed = Boolean(first.node.parentElement.closest(PASSED));
    return { item, range, isPassed, text: match[0], column: [...text.slice(0, match.index)].length };
  });
}

function choose(word) {
  chosen = word;
  said.textContent = word?.text ?? said.dataset.none;
  for (const link of bar.querySelectorAll("[data-go]")) {
    if (word) {
      link.href = `${bar.dataset[link.dataset.go]}?at=${numberOf(word.item)}:${word.column}`;
      link.removeAttribute("aria-disabled");
    } else {
      link.removeAttribute("href");
      link.setAttribute("aria-disabled", "true");
    }
  }
  if (!("highlights" in CSS)) return;
  if (word) CSS.highlights.set("word", new Highlight(word.range));
  else CSS.highlights.delete("word");
}

const isAt = (word, event) =>
  [...word.range.getClientRects()].some(
    (box) => box.left <= event.clientX && event.clientX <= box.right && box.top <= event.clientY && event.clientY <= box.bottom,
  );

function onClick(event) {
  const item = event.target.closest("li");
  if (!item || event.target.closest("a") || !item.querySelector("a.ln")) return;
  choose(wordsOf(item).find((word) => isAt(word, event)) ?? null);
  if (chosen && (event.ctrlKey || event.metaKey || event.detail > 1)) bar.querySelector("[data-go=definition]").click();
}

function step(by) {
  const items = lines();
  const isSeen = (item) => item.getBoundingClientRect().bottom > 100;
  const start = chosen?.item ?? list.querySelector("li.in") ?? items.find(isSeen) ?? items[0];
  const isAhead = (word) => !word.isPassed && (chosen?.item !== word.item || (word.column - chosen.column) * by > 0);
  for (let place = items.indexOf(start); items[place]; place += by) {
    const words = wordsOf(items[place]).filter(isAhead);
    if (words.length) {
      choose(words.at(by > 0 ? 0 : -1));
      chosen.item.scrollIntoView({ block: "nearest" });
      return;
    }
  }
}

function markOutline(line) {
  const links = [...document.querySelectorAll("[data-outline] a[data-first]")];
  const around = links.filter((link) => Number(link.dataset.first) <= line && line <= Number(link.dataset.last));
  const current = around.reduce((best, link) => (best && Number(best.dataset.first) > Number(link.dataset.first) ? best : link), null);
  for (const link of links) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function showCurrent() {
  const current = document.querySelector("[data-outline] [aria-current]");
  const nav = current?.closest("nav");
  if (nav) nav.scrollTop = current.offsetTop - nav.offsetTop - nav.clientHeight / 2;
}

function onOutline(event) {
  const link = event.target.closest("[data-outline] a[data-first]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const line = document.getElementById(`L${link.dataset.first}`);
  if (!line) return;
  event.preventDefault();
  line.click();
  line.scrollIntoView({ block: "center" });
}

if (list && bar) {
  bar.hidden = false;
  list.addEventListener("click", onClick);
  for (const button of bar.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
}
list?.addEventListener("click", (event) => {
  const link = event.target.closest("a.ln");
  if (link) markOutline(Number(link.id.slice(1)));
});
document.addEventListener("click", onOutline);
document.addEventListener("htmx:afterSettle", showCurrent);
