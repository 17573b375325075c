// Keyboard and selection on top of pages that work without them: shortcuts (unless switched off), the way through the
// rows of a list, the place of the focus when a part of a page is exchanged, and how many rows are ticked.
(function () {
  "use strict";

  var off = document.body.hasAttribute("data-keys-off");

  function typing(target) {
    return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  }

  function rowLinks() {
    return Array.from(document.querySelectorAll("#main .rowlink")).filter(function (link) { return link.offsetParent; });
  }

  function walk(step) {
    var links = rowLinks();
    if (!links.length) return false;
    var row = document.activeElement && document.activeElement.closest("tr, li");
    var at = links.findIndex(function (link) { return link === document.activeElement || (row && row.contains(link)); });
    var next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
    return true;
  }

  function edit() {
    var row = document.activeElement && document.activeElement.closest("tr");
    var link = row && row.querySelector("[data-edit]");
    if (!link) return false;
    location.assign(link.dataset.edit);
    return true;
  }

  function press(key) {
    var wanted = document.querySelector('[data-shortcut="' + CSS.escape(key) + '"]:not([disabled])');
    if (!wanted) return false;
    if (wanted.matches("input")) { wanted.focus(); return true; }
    if (wanted.dataset.confirm && !window.confirm(wanted.dataset.confirm)) return true;
    wanted.click();
    return true;
  }

  document.addEventListener("keydown", function (event) {
    if (off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    var done = event.key === "j" ? walk(1) : event.key === "k" ? walk(-1) : (event.key === "e" && edit()) || press(event.key);
    if (done) event.preventDefault();
  });

  // A part of the page that is exchanged takes the focus with it. It goes to what stands for the same thing in the new
  // part, else to its heading; htmx itself keeps it only on what has an id.
  var left = null;

  function meaning(element) {
    var words = element.getAttribute("aria-label") || element.textContent || "";
    return element.tagName + " " + words.replace(/[\d,.+]+/g, "").replace(/\s+/g, " ").trim();
  }

  document.addEventListener("htmx:beforeSwap", function (event) {
    var active = document.activeElement;
    left = active && event.detail.target.contains(active) && !active.id ? meaning(active) : null;
  });

  document.addEventListener("htmx:afterSettle", function (event) {
    var part = event.detail.target.id && document.getElementById(event.detail.target.id);
    if (left === null || !part || part.matches("dialog") || document.activeElement !== document.body) return;
    var same = Array.from(part.querySelectorAll("a, button, summary")).find(function (each) { return meaning(each) === left; });
    var heading = same || part.querySelector("h1, h2") || part;
    if (!same) heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    left = null;
  });

  // A row opens its link wherever it is pressed, unless something of its own is meant, or text is being selected.
  document.addEventListener("click", function (event) {
    var row = event.target.closest("#main tbody tr");
    var link = row && row.querySelector(".rowlink");
    var own = event.target.closest("a, button, label, input, select, textarea, summary, details, [popover]");
    if (!link || own || event.defaultPrevented || String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href); else link.click();
  });

  function ticks() { return Array.from(document.querySelectorAll("tbody input[name=case]")); }

  function count() {
    var all = ticks();
    var chosen = all.filter(function (tick) { return tick.checked; });
    document.querySelectorAll("[data-chosen]").forEach(function (place) { place.textContent = chosen.length + " selected"; });
    document.querySelectorAll("[data-select-all]").forEach(function (box) {
      box.checked = all.length > 0 && chosen.length === all.length;
      box.indeterminate = chosen.length > 0 && chosen.length < all.length;
    });
    all.forEach(function (tick) { tick.closest("tr").classList.toggle("picked", tick.checked); });
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-select-all]")) {
      ticks().forEach(function (tick) { tick.checked = event.target.checked; });
    }
    if (event.target.matches("[data-select-all], tbody input[name=case]")) count();
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-select-none]")) return;
    ticks().forEach(function (tick) { tick.checked = false; });
    count();
  });
  document.addEventListener("htmx:load", count);
  window.addEventListener("pageshow", count);
})();
