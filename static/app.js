// Small helps on top of pages that work without them: copy buttons, shortcuts, menus that close, confirmations
// as a dialog, and a word when a partial update fails. No data is kept in the browser.
(function () {
  "use strict";

  function each(root, selector, work) {
    if (root.matches && root.matches(selector)) work(root);
    root.querySelectorAll(selector).forEach(work);
  }

  function prepare(root) {
    each(root, "[data-copy]", function (button) { button.hidden = !navigator.clipboard; });
    each(root, "[data-focus]", function (element) { element.focus(); });
    each(root, "[data-script]", function (element) { element.hidden = false; });
    each(root, "[data-noscript]", function (element) { element.hidden = true; });
  }

  function say(text) {
    var place = document.getElementById("notices");
    if (!place) return;
    var strip = document.createElement("div");
    var words = document.createElement("p");
    strip.className = "strip strip-warn";
    words.textContent = text;
    strip.append(words);
    place.replaceChildren(strip);
  }

  function copy(button) {
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var label = button.querySelector("[data-copy-label]");
      label.textContent = "Copied";
      setTimeout(function () { label.textContent = "Copy"; }, 2000);
    }, function () { say("The browser did not allow copying. Select the number and copy it by keyboard."); });
  }

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except && !menu.contains(except)) menu.open = false;
    });
  }

  function typing(target) {
    return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button) copy(button);
    var close = event.target.closest("dialog [data-close]");
    if (close) { event.preventDefault(); close.closest("dialog").close(); }
    if (event.target.nodeName === "DIALOG") event.target.close();
    closeMenus(event.target);
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      var open = document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    var wanted = document.querySelector('[data-shortcut="' + CSS.escape(event.key) + '"]');
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus(); else wanted.click();
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      form.dataset.sent = "1";
      setTimeout(function () { delete form.dataset.sent; }, 4000);
    }
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    var target = event.detail.target;
    if (target.id === "dialog" && !target.open) target.showModal();
  });
  document.addEventListener("htmx:load", function (event) { prepare(event.detail.elt); });
  document.addEventListener("htmx:responseError", function (event) {
    var code = event.detail.xhr.status;
    if (code === 403) say("Your role does not include this. Nothing was changed.");
    else say("This part of the page could not be updated (" + code + "). Load the page again.");
  });
  document.addEventListener("htmx:sendError", function () {
    say("No connection to Greenlight. What you see may be old; it goes on by itself when the connection is back.");
  });

  prepare(document);
})();
